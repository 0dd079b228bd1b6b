// Pictures that are too large for a whole graph: networks in pieces, over strips of rows, against the same networks as a whole.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Moments, noMoments, normOf, withRows } from '../../models/math/moments.ts';
import { autoencoderDCConfig, autoencoderDCDecoder, autoencoderDCEncoder } from '../../models/networks/autoencoder-dc.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { autoencoderTinyConfig, autoencoderTinyDecoder, autoencoderTinyEncoder } from '../../models/networks/autoencoder-tiny.ts';
import { direct, fewestProducts } from '../../models/onnx/convolution/form.ts';
import { multiHead } from '../../models/onnx/layers.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { mapsAtOnce, storedBytes } from '../../models/onnx/pieces/lives.ts';
import { stripsOf } from '../../models/onnx/pieces/strips.ts';
import { cutWhereLarge, forAnyPicture } from '../../models/runtime/large-pictures.ts';
import { type PiecesOptions, runPieces } from '../../models/runtime/pieces/run-pieces.ts';
import { checkRoom, openScratch } from '../../models/runtime/pieces/scratch.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import type { Tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { canMount, smallDisk } from '../support/faults.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { weightsOf as randomWeights } from '../support/tiny-sd.ts';
import { typedBytes } from '../support/typed-safetensors.ts';
import { difference, evaluate, noise, runGraph, weightsOf } from './graphs.ts';

const BOUND = 1e-5;
const folder = temporaryFolder();

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu', scratch: join(folder, 'scratch') });
});
afterAll(() => runtime.close());

const config = (values: Readonly<Record<string, unknown>>) => ({ file: 'config.json', values });

const kl = (channels: readonly number[]) =>
  autoencoderKLConfig(
    config({
      _class_name: 'AutoencoderKL',
      block_out_channels: channels,
      layers_per_block: 1,
      down_block_types: channels.map(() => 'DownEncoderBlock2D'),
      up_block_types: channels.map(() => 'UpDecoderBlock2D'),
    }),
  );

/** Both halves of an autoencoder with random weights in a file. */
const halves = async (build: (weights: WeightSource) => readonly [NetworkGraph, NetworkGraph]) =>
  build(await weightsOf(randomWeights(build, 'large')));

const klHalves = (channels: readonly number[]) =>
  halves(weights => [autoencoderKLEncoder(kl(channels), weights), autoencoderKLDecoder(kl(channels), weights)]);

/** The largest difference between a network in pieces and as a whole, over all outputs, where these are of about 1. */
const differenceInPieces = async (
  graph: NetworkGraph,
  x: Tensor,
  { convolution = direct, ...options }: Partial<PiecesOptions> & { convolution?: typeof direct } = {},
): Promise<number> => {
  const [batch = 1, , height = 1, width = 1] = x.dims;
  const feeds = { [graph.inputs[0]!.name]: x };
  const names = graph.outputs.map(({ name }) => name);
  const whole = await runGraph(runtime, graph.adapt!({ sizes: { batch, height, width }, convolution }), feeds);
  const cut = graph.cut!({ sizes: { batch: 1, height, width }, convolution })!;
  const strips: number[] = [];
  const results = await runPieces(runtime.load, cut, feeds, names, {
    folder: runtime.scratch,
    memory: 1e9,
    stripBytes: 40_000,
    onPiece: piece => strips.push(piece.strips),
    ...options,
  });
  expect(Math.max(...strips)).toBeGreaterThan(2);
  return Math.max(
    ...names.map(name => difference(results[name]!, whole[name]!) / Math.max(1, ...whole[name]!.data.map(value => Math.abs(value)))),
  );
};

describe.each([
  ['one level', [32], 1],
  ['two levels', [32, 64], 2],
  ['four levels', [32, 32, 64, 64], 8],
] as const)('AutoencoderKL with %s', (_, channels, factor) => {
  test.each([1, 2])('decodes %i pictures in pieces as in one', async batch => {
    const [, decoder] = await klHalves(channels);
    const side = 104 / factor; // strips divide neither side
    expect(await differenceInPieces(decoder, noise('z', [batch, 4, side, 9]))).toBeLessThan(BOUND);
  });

  test.each([1, 2])('encodes %i pictures in pieces as in one', async batch => {
    const [encoder] = await klHalves(channels);
    expect(await differenceInPieces(encoder, noise('x', [batch, 3, 101, 43]))).toBeLessThan(BOUND); // odd sides lose their last row
  });
});

describe('AutoencoderKL in pieces', () => {
  test('has the forms of convolutions that it has as a whole', async () => {
    const [encoder, decoder] = await klHalves([32, 64]);
    const seen = { whole: [] as string[], cut: [] as string[] };
    const noting = (list: string[]) => (shape: Parameters<typeof direct>[0]) => {
      list.push(JSON.stringify(shape));
      return 4 as const;
    };
    const sizes = { batch: 1, height: 52, width: 12 };
    decoder.adapt!({ sizes, convolution: noting(seen.whole) });
    for (const piece of decoder.cut!({ sizes, convolution: noting(seen.cut) })!.pieces) piece.graph(piece.whole ? 52 : 13);
    expect(new Set(seen.cut)).toEqual(new Set(seen.whole));
    const convolution = () => 4 as const;
    expect(await differenceInPieces(decoder, noise('z', [1, 4, 52, 12]), { convolution })).toBeLessThan(BOUND);
    expect(await differenceInPieces(encoder, noise('x', [1, 3, 76, 44]), { convolution })).toBeLessThan(BOUND);
  });

  test('reads half-precision weights as the whole does', async () => {
    const tensors = randomWeights(weights => autoencoderKLDecoder(kl([32, 64]), weights), 'half');
    const file = join(folder, 'half.safetensors');
    const rounded = Object.entries(tensors).map(([name, { dims, data }]) => [
      name,
      { dims, data: data.map(v => Math.round(v * 256) / 256) },
    ]);
    writeFileSync(file, typedBytes(Object.fromEntries(rounded), 'F16'));
    const decoder = autoencoderKLDecoder(kl([32, 64]), await openSafetensors(file));
    expect(await differenceInPieces(decoder, noise('z', [1, 4, 40, 12]))).toBeLessThan(BOUND);
  });

  test('gives the same numbers whether maps lie in memory or in files, which are gone at the end', async () => {
    const [, decoder] = await klHalves([32, 64]);
    const cut = decoder.cut!({ sizes: { batch: 1, height: 40, width: 12 } })!;
    const latent = noise('z', [1, 4, 40, 12]);
    let written = 0;
    const decode = (memory: number) =>
      runPieces(runtime.load, cut, { latent }, ['image'], {
        folder: runtime.scratch,
        memory,
        stripBytes: 40_000,
        onPiece: piece => {
          written = piece.written;
          expect(readdirSync(runtime.scratch)).toEqual([]); // files have no names while they are used, either
        },
      });
    const files = await decode(0);
    expect(written).toBeGreaterThan(1e6);
    mkdirSync(runtime.scratch, { recursive: true });
    const memory = await decode(1e9);
    expect(written).toBe(0);
    expect(Buffer.from(files.image!.data.buffer).equals(Buffer.from(memory.image!.data.buffer))).toBe(true);
    expect(readdirSync(runtime.scratch)).toEqual([]);
  });

  test('holds no more than it says', async () => {
    const [, decoder] = await klHalves([32, 64]);
    const cut = decoder.cut!({ sizes: { batch: 1, height: 40, width: 12 } })!;
    const [x, h, y] = [64, 32, 32].map(channels => 4 * channels * 80 * 24) as [number, number, number]; // the last level's first block
    expect(mapsAtOnce(cut)).toBe(x + h + y);
    expect(storedBytes(cut, ['image'])).toBe(x + h);
  });
});

describe('what goes wrong leaves no file', () => {
  const latent = noise('z', [1, 4, 40, 12]);
  const decode = async (options: Partial<PiecesOptions>) => {
    const [, decoder] = await klHalves([32, 64]);
    const cut = decoder.cut!({ sizes: { batch: 1, height: 40, width: 12 } })!;
    return runPieces(runtime.load, cut, { latent }, ['image'], { folder: runtime.scratch, memory: 0, stripBytes: 40_000, ...options });
  };

  test('an abort between and within pieces', async () => {
    for (const after of [1, 9]) {
      const abort = new AbortController();
      let pieces = 0;
      const onPiece = (): void => {
        if (++pieces === after) setTimeout(() => abort.abort(new Error('enough')), 2);
      };
      await expect(decode({ signal: abort.signal, onPiece })).rejects.toThrow('enough');
      expect(readdirSync(runtime.scratch)).toEqual([]);
    }
  });

  test('a folder that cannot be made is named', async () => {
    const file = join(folder, 'no-folder');
    writeFileSync(file, '');
    await expect(decode({ folder: join(file, 'scratch') })).rejects.toThrow(/cannot be kept in .*no-folder.*ENOTDIR.*--size/);
  });

  test('a disk without room is told before anything is computed', async () => {
    await expect(checkRoom({ folder, memory: 0 }, 1e15)).rejects.toThrow(/needs 1000000\.0 GB in .* for a while/);
    await expect(checkRoom({ folder: join(folder, 'never'), memory: 10 }, 10)).resolves.toBeUndefined();
  });

  const disk = canMount ? smallDisk(join(folder, 'disk'), 2 ** 20) : '';
  test.runIf(canMount)('a disk that is full on the way', async () => {
    const scratch = openScratch({ folder: disk, memory: 0 });
    const map = scratch.map(1000);
    await map.append(new Float32Array(100_000).fill(1));
    await expect(map.append(new Float32Array(300_000))).rejects.toThrow(/cannot be written to .*disk \(ENOSPC\)/);
    expect((await map.read(99, 100))[0]).toBe(1);
    await scratch.close();
    expect(readdirSync(disk)).toEqual([]);
    await scratch.map(1000).append(new Float32Array(200_000)); // the room is there again
    await scratch.close();
  });
});

describe('other autoencoders', () => {
  test('AutoencoderTiny', async () => {
    const values = { block_out_channels: undefined, encoder_block_out_channels: [16, 16, 16], decoder_block_out_channels: [16, 16, 16] };
    const tiny = autoencoderTinyConfig(
      config({ _class_name: 'AutoencoderTiny', ...values, num_encoder_blocks: [1, 2, 2], num_decoder_blocks: [2, 2, 1] }),
    );
    const [encoder, decoder] = await halves(weights => [autoencoderTinyEncoder(tiny, weights), autoencoderTinyDecoder(tiny, weights)]);
    expect(await differenceInPieces(encoder, noise('x', [2, 3, 101, 40]))).toBeLessThan(BOUND);
    expect(await differenceInPieces(decoder, noise('z', [2, 4, 27, 10]))).toBeLessThan(BOUND);
  });

  test('AutoencoderDC', async () => {
    const levels = (name: string) => ({ [`${name}_block_out_channels`]: [8, 16, 32], [`${name}_layers_per_block`]: [1, 1, 1] });
    const values = { latent_channels: 16, encoder_block_types: 'ResBlock', decoder_block_types: 'ResBlock' };
    const further = { decoder_norm_types: 'rms_norm', decoder_act_fns: 'silu', upsample_block_type: 'pixel_shuffle' };
    const dc = autoencoderDCConfig(
      config({
        _class_name: 'AutoencoderDC',
        ...values,
        ...further,
        downsample_block_type: 'pixel_unshuffle',
        ...levels('encoder'),
        ...levels('decoder'),
      }),
    );
    const [encoder, decoder] = await halves(weights => [autoencoderDCEncoder(dc, weights), autoencoderDCDecoder(dc, weights)]);
    expect(await differenceInPieces(encoder, noise('x', [1, 3, 104, 40]))).toBeLessThan(BOUND);
    expect(await differenceInPieces(decoder, noise('z', [1, 16, 26, 10]))).toBeLessThan(BOUND);
  });
});

describe('the rule', () => {
  const VAE = { latent_channels: 4 };
  const sd = autoencoderKLConfig(
    config({
      _class_name: 'AutoencoderKL',
      ...VAE,
      block_out_channels: [128, 256, 512, 512],
      layers_per_block: 2,
      down_block_types: Array(4).fill('DownEncoderBlock2D'),
      up_block_types: Array(4).fill('UpDecoderBlock2D'),
    }),
  );
  const isCut = (half: 'encoder' | 'decoder', height: number, width: number): boolean => {
    let cut = false;
    shapesOf(weights => {
      const graph = half === 'encoder' ? autoencoderKLEncoder(sd, weights) : autoencoderKLDecoder(sd, weights);
      const factor = half === 'encoder' ? 1 : 8;
      const sizes = { batch: 1, height: height / factor, width: width / factor };
      cut = cutWhereLarge(graph, sizes, { convolution: fewestProducts }) !== undefined;
    });
    return cut;
  };

  test.each([
    [512, 512, false],
    [512, 912, false],
    [1024, 1024, false],
    [1080, 1920, true],
    [2160, 3840, true],
  ])('decoding %i x %i', (height, width, expected) => expect(isCut('decoder', height, width)).toBe(expected));

  test('encoding, whose maps are narrower', () => {
    expect(isCut('encoder', 1024, 1024)).toBe(false);
    expect(isCut('encoder', 1080, 1920)).toBe(true);
  });

  test('one network takes small pictures whole and large ones in pieces', async () => {
    const [, decoder] = await klHalves([32, 64]);
    const network = forAnyPicture(runtime, decoder, { whole: 4 * 128 * 48 * 48, memory: 1e5, stripBytes: 40_000 });
    const [small, large] = [noise('a', [1, 4, 24, 24]), noise('b', [1, 4, 40, 30])];
    const decode = async (latent: Tensor): Promise<Tensor> => (await network.run({ latent }, ['image'])).image!;
    const expected = (latent: Tensor) => runGraph(runtime, decoder, { latent });
    expect(difference(await decode(small), (await expected(small)).image!)).toBe(0);
    expect(network.usage()).toEqual({ sessions: 1, runs: 1 });
    expect(difference(await decode(large), (await expected(large)).image!)).toBeLessThan(BOUND);
    expect(network.usage().runs).toBe(2);
    await network.release();
  });

  test('a whole graph of middling maps is closed after each run, and draws the same', async () => {
    const [, decoder] = await klHalves([32, 64]);
    const latent = noise('a', [1, 4, 24, 24]);
    const sessionsOf = async (lasting: number) => {
      const network = forAnyPicture(runtime, decoder, { lasting });
      const runs = [await network.run({ latent }, ['image']), await network.run({ latent }, ['image'])];
      await network.release();
      return { sessions: network.usage().sessions, pictures: runs.map(({ image }) => image!.data) };
    };
    const [closed, open] = [await sessionsOf(1e5), await sessionsOf(1e9)];
    expect([closed.sessions, open.sessions]).toEqual([2, 1]);
    expect(closed.pictures).toEqual(open.pictures);
  });
});

test('attention asks its queries block by block where scores would take too much', async () => {
  const feeds = { q: noise('q', [2, 23, 8]), k: noise('k', [2, 17, 8]), v: noise('v', [2, 17, 8]) };
  let blocks = 0;
  const attend = (scoreBytes: number) =>
    evaluate(runtime, feeds, ({ q, k, v }, g) => {
      const mixed = multiHead(q!, k!, v!, 2, { scoreBytes });
      blocks = g.calls.filter(({ op }) => op === 'MultiHeadAttention').length;
      return mixed;
    });
  const whole = await attend(4 * 2 * 2 * 23 * 17);
  expect(blocks).toBe(1);
  expect(difference(await attend(4 * 2 * 2 * 23 * 17 - 1), whole)).toBeLessThan(BOUND);
  expect(blocks).toBe(2);
  expect(difference(await attend(2000), whole)).toBeLessThan(BOUND);
  expect(blocks).toBe(4);
});

test('strips cover every row once, by rows that are right', () => {
  for (const [scale, align] of [
    [1, 1],
    [2, 1],
    [0.5, 2],
    [0.25, 4],
  ] as const) {
    for (const margin of [0, 1, 3, 7]) {
      for (let height = 4; height < 90; height += 1) {
        for (const most of [1, 8, 21, 1000]) {
          const made = Math.floor(height * scale);
          const { rows, list } = stripsOf({ scale, align, margin, height, made, whole: false }, most);
          let done = 0;
          for (const { from, at, first, end } of list) {
            expect(first).toBe(done);
            expect(from % align).toBe(0);
            expect(at).toBe(from * scale);
            expect(from + rows).toBeLessThanOrEqual(height);
            if (from > 0) expect(first).toBeGreaterThanOrEqual(at + margin);
            if (from + rows < height) expect(end).toBeLessThanOrEqual(Math.floor((from + rows) * scale) - margin);
            done = end;
          }
          expect(done).toBe(made);
        }
      }
    }
  }
});

test('moments of rows join to those of the whole, far from zero, too', () => {
  const [rows, width, channels] = [50, 40, 4];
  const values = noise('m', [rows, width, channels]).data.map((v, i) => v + 1e4 * (1 + (i % channels)));
  const at = (r: number, x: number, c: number): number => values[(r * width + x) * channels + c]!;
  const list = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, v) => sum + v, 0) / numbers.length;
  const spread = (numbers: readonly number[]): number => mean(numbers.map(v => (v - mean(numbers)) ** 2));
  let moments: Moments = noMoments(channels);
  for (const some of [list(20), list(30).map(i => i + 20)]) {
    const each = some.flatMap(r => list(channels).map(c => list(width).map(x => at(r, x, c))));
    moments = withRows(moments, Float32Array.from(each, mean), Float32Array.from(each, spread), width);
  }
  const { mean: centre, rate } = normOf(moments, { groups: 2, epsilon: 0 });
  for (const group of [0, 1]) {
    const all = list(rows).flatMap(r => list(width).flatMap(x => [at(r, x, 2 * group), at(r, x, 2 * group + 1)]));
    expect(centre[2 * group]! / mean(all)).toBeCloseTo(1, 6);
    expect(rate[2 * group + 1]! * Math.sqrt(spread(all))).toBeCloseTo(1, 5);
  }
});
