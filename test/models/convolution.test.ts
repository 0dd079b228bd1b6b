// Forms of 3x3 convolutions against the direct one, the rule that chooses them, and sessions that are bound to a size.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { controlNet } from '../../models/networks/controlnet.ts';
import { openNetworkFolder } from '../../models/networks/folder.ts';
import { controlNetConfig, unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { buildNetwork } from '../../models/onnx/build.ts';
import { channelsLast, fromChannelsLast } from '../../models/onnx/channels-last.ts';
import { conv2d, doubledConv2d } from '../../models/onnx/conv-layers.ts';
import { type ConvShape, type Form, fewestProducts } from '../../models/onnx/convolution/form.ts';
import { minimalFilter, type Tile } from '../../models/onnx/convolution/matrices.ts';
import { winograd, winogradWeights } from '../../models/onnx/convolution/winograd.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { groupNorm } from '../../models/onnx/norm-layers.ts';
import { silu } from '../../models/onnx/ops/arithmetic.ts';
import type { Feeds } from '../../models/runtime/calls.ts';
import { lazyNetwork } from '../../models/runtime/lazy-network.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, type IntTensor, type Tensor, takeRows, tensor } from '../../models/tensor.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { difference, noise, runGraph, scalar, weightsOf } from './graphs.ts';

const CHANNELS = 7;
const OUT = 5;
const BOUND = 5e-5; // the largest difference of numbers of about 1: F(6, 3) rounds most, 1e-5 as a rule

let runtime: Runtime;
let weights: WeightSource;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
  const { dims, data } = noise('weight', [OUT, CHANNELS, 3, 3]);
  const even = data.map(value => value / Math.sqrt(9 * CHANNELS)); // results of about 1
  weights = await weightsOf({ 'conv.weight': { dims, data: even }, 'conv.bias': noise('bias', [OUT]) });
});
afterAll(() => runtime.close());

/** A convolution of pictures of any size, behind a doubling or not. */
const convolution = (doubled: boolean, bias = true): NetworkGraph =>
  buildNetwork('convolution', weights, g => {
    const x = g.input('x', ['batch', CHANNELS, 'height', 'width']);
    g.output('y', (doubled ? doubledConv2d : conv2d)(g, x, 'conv', { out: OUT, bias }));
  });

const inForm = async (form: Form, x: Tensor, doubled: boolean, bias = true): Promise<Tensor> => {
  const [batch = 1, , height = 1, width = 1] = x.dims;
  const graph = convolution(doubled, bias).adapt!({ sizes: { batch, height, width }, convolution: () => form });
  expect(graph.sized).toBe(form !== 'direct');
  return (await runGraph(runtime, graph, { x })).y as Tensor;
};

/** Pictures and sides: one pixel, whole tiles, tiles that hang over on either side, several pictures. */
const SIZES = [
  [1, 1, 1],
  [1, 12, 24],
  [1, 7, 13],
  [3, 5, 9],
] as const;

describe.each(['as they are', 'doubled'])('pictures %s', how => {
  const doubled = how === 'doubled';
  const forms: Form[] = doubled ? [2, 4, 6, 'phases'] : [2, 4, 6];
  test.each(forms)('form %s gives what the direct one gives', async form => {
    for (const [pictures, height, width] of SIZES) {
      const x = noise('3', [pictures, CHANNELS, height, width]);
      const expected = await inForm('direct', x, doubled);
      expect(difference(await inForm(form, x, doubled), expected), `${pictures}x${height}x${width}`).toBeLessThan(BOUND);
    }
  });
});

test('a convolution without a bias has none in any form', async () => {
  const x = noise('3', [1, CHANNELS, 6, 6]);
  expect(difference(await inForm(4, x, false, false), await inForm('direct', x, false, false))).toBeLessThan(BOUND);
  expect(difference(await inForm('phases', x, true, false), await inForm('direct', x, true, false))).toBeLessThan(BOUND);
});

test.each([2, 4, 6] as const)('F(%i, 3) is exact: its matrices filter every basis vector as three taps do', m => {
  const { output, filter, input } = minimalFilter(m as Tile);
  const taps = [0, 1, 2];
  for (let i = 0; i < m + 2; i++) {
    for (const k of taps) {
      const products = input.map((row, j) => row[i]! * filter[j]![k]!);
      const result = output.map(row => row.reduce((sum, value, j) => sum + value * products[j]!, 0));
      for (const [at, value] of result.entries()) expect(value).toBeCloseTo(at + k === i ? 1 : 0, 12);
    }
  }
});

// One band a strip, two of them, three that reach from one picture into the next; bands that hang over and bands that do not.
test.each([
  [false, 19, 1],
  [true, 19, 2],
  [false, 24, 3],
])('strips of tiles give the numbers of the whole (doubled %s, %i rows, %i bands a strip)', async (doubled, height, bands) => {
  const dims = [2, CHANNELS, height, 14];
  const widest = Math.max(CHANNELS, (doubled ? 4 : 1) * OUT);
  const within = (stripBytes?: number): NetworkGraph =>
    buildNetwork(
      'strips',
      weights,
      g => {
        const derivation = winogradWeights(6, doubled, OUT, CHANNELS);
        const filters = g.scope('conv', () => g.derived('weight', [OUT, CHANNELS, 3, 3], undefined, derivation));
        g.output('y', winograd(g.input('x', dims), filters, OUT, 6, doubled));
      },
      { ...(stripBytes && { stripBytes }) },
    );
  const x = noise('4', dims);
  const [whole, strips] = [await runGraph(runtime, within(), { x }), await runGraph(runtime, within(bands * 4 * 64 * 3 * widest), { x })];
  expect(difference(strips.y!, whole.y!)).toBeLessThan(1e-5);
});

test.each([false, true])('norm and activation before a convolution in strips are computed in strips (doubled %s)', async doubled => {
  const [channels, height, width] = [4, 23, 14];
  const source = await weightsOf({
    'conv.weight': noise('w', [OUT, channels, 3, 3]),
    'norm.weight': noise('s', [channels]),
    'norm.bias': noise('b', [channels]),
  });
  const within = (stripBytes?: number): NetworkGraph =>
    buildNetwork(
      'strips',
      source,
      g => {
        const x = fromChannelsLast(g.input('x', [1, height, width, channels]));
        const filters = g.scope('conv', () =>
          g.derived('weight', [OUT, channels, 3, 3], undefined, winogradWeights(6, doubled, OUT, channels)),
        );
        const active = silu(groupNorm(g, x, 'norm', { groups: 2, epsilon: 1e-6 }));
        g.output('y', winograd(active, filters, OUT, 6, doubled));
      },
      { ...(stripBytes && { stripBytes }) },
    );
  const [whole, strips] = [within(), within(1)];
  const sigmoids = ({ bytes }: NetworkGraph): number => Buffer.from(bytes).toString('latin1').split('"\x07Sigmoid').length - 1;
  expect([sigmoids(whole), sigmoids(strips)]).toEqual([1, 4]);
  const x = noise('7', [1, height, width, channels]);
  const [expected, results] = [await runGraph(runtime, whole, { x }), await runGraph(runtime, strips, { x })];
  expect(difference(results.y!, expected.y!)).toBeLessThan(1e-5);
});

test('the norm of a map larger than a strip is that of the whole', async () => {
  const [channels, height, width] = [4, 2051, 2048]; // 67 MB
  const source = await weightsOf({ 'norm.weight': tensor([4], Float32Array.of(1, 2, 3, 4)), 'norm.bias': tensor([4]) });
  const data = new Float32Array(channels * height * width).map((_, i) => ((i * 7919) % 1009) / 500 + i / 1e7);
  const graph = buildNetwork('norm', source, g => {
    const x = fromChannelsLast(g.input('x', [1, height, width, channels]));
    g.output('y', channelsLast(groupNorm(g, x, 'norm', { groups: 1, epsilon: 1e-6 })).slice(1, 1020, 1026));
  });
  const { y } = await runGraph(runtime, graph, { x: tensor([1, height, width, channels], data) });
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length + 1e-6);
  const begin = 1020 * width * channels;
  const expected = y!.data.map((_, i) => (((data[begin + i] as number) - mean) / deviation) * ((i % channels) + 1));
  expect(difference(y!, tensor(y!.dims, expected))).toBeLessThan(1e-4);
});

// Norms' statistics are those of whole pictures, so strips may have no seam: of sides that neither tiles nor strips divide.
describe('an autoencoder in strips of one band gives the numbers of the whole', () => {
  const config = autoencoderKLConfig({
    file: 'config.json',
    values: {
      block_out_channels: [8, 8],
      down_block_types: Array(2).fill('DownEncoderBlock2D'),
      up_block_types: Array(2).fill('UpDecoderBlock2D'),
      norm_num_groups: 4,
    },
  });
  const scaled = (name: string, dims: readonly number[]): Tensor => {
    const { data } = noise(name, dims);
    const fanIn = elements(dims) / dims[0]!;
    return { dims, data: /norm\S*weight$/.test(name) ? data.fill(1) : data.map(value => value / Math.sqrt(dims.length > 1 ? fanIn : 9)) };
  };
  const parts = { encoder: autoencoderKLEncoder, decoder: autoencoderKLDecoder } as const;
  let source: WeightSource;
  beforeAll(async () => {
    const shapes = shapesOf(w => Object.values(parts).map(build => build(config, w)));
    source = await weightsOf(Object.fromEntries([...shapes].map(([name, dims]) => [name, scaled(name, dims)])));
  });

  test.each([
    ['decoder', 1, 11, 7],
    ['decoder', 3, 7, 5],
    ['encoder', 1, 23, 14],
    ['encoder', 3, 14, 10],
  ] as const)('%s, %i pictures of %ix%i', async (part, batch, height, width) => {
    const graph = parts[part](config, source);
    const [{ name, dims }, { name: output }] = [graph.inputs[0]!, graph.outputs[0]!];
    const x = noise(part, [batch, Number(dims[1]), height, width]);
    const results = async (stripBytes?: number): Promise<Tensor> => {
      const sized = graph.adapt!({ sizes: { batch, height, width }, convolution: () => 6, ...(stripBytes && { stripBytes }) });
      return (await runGraph(runtime, sized, { [name]: x }))[output]!;
    };
    const [whole, strips] = [await results(), await results(1)];
    const level = whole.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(difference(whole, (await runGraph(runtime, graph, { [name]: x }))[output]!) / level).toBeLessThan(1e-4);
    expect(difference(strips, whole) / level).toBeLessThan(1e-5);
  });
});

// What was measured: docs/performance.md.
const shape = (pictures: number, channels: number, side: number, out = channels): ConvShape => ({
  pictures,
  channels,
  out,
  height: side,
  width: side,
  doubled: false,
});

test.each<[what: string, shape: ConvShape, form: Form]>([
  ["SD 1.5's U-Net, first level", shape(2, 320, 64), 4],
  ['second level', shape(2, 640, 32), 4],
  ['second level, its widest', shape(2, 1920, 32, 640), 4],
  ['third level', shape(2, 1280, 16), 2],
  ['fourth level', shape(2, 1280, 8), 'direct'],
  ['its first convolution', shape(2, 4, 64, 320), 'direct'],
  ['its last', shape(2, 320, 64, 4), 'direct'],
  ['doubling to the first level', { ...shape(2, 640, 32), doubled: true }, 4],
  ['to the second', { ...shape(2, 1280, 16), doubled: true }, 'phases'],
  ['to the third', { ...shape(2, 1280, 8), doubled: true }, 'phases'],
  ['half of a guidance pair', shape(1, 640, 32), 4],
  ['autoencoder, picture', shape(1, 128, 512), 6],
  ['its middle', shape(1, 512, 64), 4],
  ['its last doubling', { ...shape(1, 256, 256), doubled: true }, 6],
  ["SDXL's widest at 1024", shape(2, 1280, 32), 2],
  ['a latent of one pixel', shape(1, 1280, 1), 'direct'],
  ['the embedded model, first level', shape(2, 64, 64), 'direct'],
  ['its third', shape(2, 128, 16), 'direct'],
])('%s', (_, shape, form) => {
  expect(fewestProducts(shape)).toBe(form);
});

describe('a network that is opened by its first run', () => {
  const x = (side: number): Tensor => noise('5', [1, CHANNELS, side, side]);

  test('has one session for all sizes where convolutions are direct', async () => {
    const network = lazyNetwork(runtime, convolution(false));
    for (const side of [8, 12, 8]) await network.run({ x: x(side) }, ['y']);
    expect(network.usage()).toEqual({ sessions: 1, runs: 3 });
    await network.release();
  });

  test('has one for each size in turn where they are bound to it, and answers runs that are asked at once', async () => {
    const network = lazyNetwork({ ...runtime, convolution: () => 4 }, convolution(false));
    const plain = lazyNetwork(runtime, convolution(false));
    const asked = [8, 8, 12, 8].map(side => network.run({ x: x(side) }, ['y']));
    for (const [i, side] of [8, 8, 12, 8].entries()) {
      const expected = await plain.run({ x: x(side) }, ['y']);
      expect(difference((await asked[i]!).y!, expected.y!)).toBeLessThan(BOUND);
    }
    expect(network.usage()).toEqual({ sessions: 3, runs: 4 });
    await Promise.all([network.release(), plain.release()]);
  });
});

describe('networks of the embedded model in Winograd form', () => {
  const TALL = 12; // of the latent: neither side is a multiple of 6, and the lowest level's are 2 and 3
  const WIDE = 20;

  /** Feeds by the ports' names: prompts of so many tokens, other frames' states for the first layer alone, no ControlNet. */
  const feedsOf = ({ inputs }: NetworkGraph, sample: Tensor, { prompts = 2, tokens = 77 } = {}): Feeds => {
    const [height = 1, width = 1] = sample.dims.slice(2);
    return Object.fromEntries(
      inputs.map(({ name, dtype, dims }): [string, Tensor | IntTensor] => {
        const [part = ''] = name.split('.');
        if (dtype === 'int64') return [name, { dims: [1], data: BigInt64Array.of(2n ** 31n) }];
        if (part === 'control') return [name, tensor([1, 1, 1, 1])];
        if (part === 'bank') return [name, noise(name, [prompts, name === 'bank.0' ? 5 : 0, Number(dims[2])])];
        if (part === 'sample') return [name, sample];
        if (part === 'timestep') return [name, tensor([1], Float32Array.of(500))];
        if (part === 'context') return [name, noise('context', [prompts, tokens, Number(dims[2])])];
        if (part === 'hint') return [name, noise('hint', [1, Number(dims[1]), height, width])];
        const factor = { b1: 1.1, b2: 1.2, s1: 0.8, s2: 0.9, freeu_version: 2, scale: 0.7 }[part];
        return [name, factor === undefined ? tensor([Number(dims[0])], new Float32Array(Number(dims[0])).fill(1)) : scalar(factor)];
      }),
    );
  };

  test.each([
    ['unet', 6],
    ['unet', 4],
    ['controlnet', 4],
  ] as const)('%s, tiles of %i: a guidance pair of one latent gives what a pair of two gives directly', async (part, tile) => {
    const { config, weights } = await openNetworkFolder(join(embeddedModel, part));
    const graph = part === 'unet' ? unet2d(unetConfig(config), weights) : controlNet(controlNetConfig(config), weights);
    const one = noise('sample', [1, 32, TALL, WIDE]);
    const names = graph.outputs.map(({ name }) => name);
    const expected = await runGraph(runtime, graph, feedsOf(graph, takeRows(one, [0, 0])));
    const network = lazyNetwork({ ...runtime, convolution: () => tile }, graph);
    const results = await network.run(feedsOf(graph, one), names);
    for (const name of names) {
      const level = expected[name]!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1); // of eps about 30
      expect(difference(results[name]!, expected[name]!) / level, name).toBeLessThan(BOUND);
    }
    expect(network.usage()).toEqual({ sessions: 1, runs: 1 });
    await network.release();
  });

  test.each([
    { prompts: 1, tokens: 77, height: 1, width: 1 },
    { prompts: 1, tokens: 5, height: 7, width: 3 },
    { prompts: 3, tokens: 154, height: 5, width: 13 },
  ])(
    'a latent of $height x $width, $prompts prompts of $tokens tokens: what the direct graph gives',
    async ({ height, width, ...texts }) => {
      for (const part of ['unet', 'controlnet']) {
        const { config, weights } = await openNetworkFolder(join(embeddedModel, part));
        const graph = part === 'unet' ? unet2d(unetConfig(config), weights) : controlNet(controlNetConfig(config), weights);
        const feeds = feedsOf(graph, noise('sample', [texts.prompts, 32, height, width]), texts);
        const names = graph.outputs.map(({ name }) => name);
        const expected = await runGraph(runtime, graph, feeds);
        const network = lazyNetwork({ ...runtime, convolution: () => 4 }, graph);
        const results = await network.run(feeds, names);
        for (const name of names) {
          const level = expected[name]!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          expect(difference(results[name]!, expected[name]!) / level, `${part} ${name}`).toBeLessThan(BOUND);
        }
        await network.release();
      }
    },
  );
});

test("the embedded model's networks serve all sizes with one session, that of the example among them", async () => {
  const sizes = { batch: 2, pictures: 1, height: 64, width: 114 };
  for (const part of ['unet', 'controlnet']) {
    const { config, weights } = await openNetworkFolder(join(embeddedModel, part));
    const graph = part === 'unet' ? unet2d(unetConfig(config), weights) : controlNet(controlNetConfig(config), weights);
    expect(graph.adapt!({ sizes, convolution: fewestProducts }).sized, part).toBe(false);
  }
});

test("the multiplications of SD 1.5's U-Net: a pair of 512x512 in the forms that a CPU takes", () => {
  const any: WeightSource = {
    label: 'any',
    names: () => [],
    find: (name, dims) => ({ name, dtype: 'F32', dims, file: '/any', offset: 0, length: 4 * elements(dims) }),
  };
  const unet = unet2d(unetConfig({ file: 'config.json', values: { cross_attention_dim: 768 } }), any);
  const keys = Object.fromEntries([256, 256, 256, 1024, 1024, 1024, 4096, 4096, 4096].map((count, j) => [`keys.${j}.tokens`, count]));
  const sizes = { batch: 2, pictures: 1, height: 64, width: 64, tokens: 77, ...keys };
  const total = ({ products }: NetworkGraph): number => Object.values(products!(sizes)!).reduce((sum, count) => sum + count, 0);
  expect(unet.products!()).toBeUndefined();
  const gigaflop = (graph: NetworkGraph): number => Math.round((2 * total(graph)) / 1e9);
  expect(gigaflop(unet)).toBe(1607);
  expect(gigaflop(unet.adapt!({ sizes, convolution: fewestProducts }))).toBe(1096);
});
