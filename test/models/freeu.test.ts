import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { freeuFeeds } from '../../models/denoise/freeu.ts';
import { freeuBackbone, freeuSkip, type SkipBox } from '../../models/math/freeu-operators.ts';
import type { ChannelWindow } from '../../models/math/freeu-windows.ts';
import { type FreeUForms, type FreeUStages, freeuInputs, scaleBackbone, strengthAt } from '../../models/networks/blocks/freeu.ts';
import { filterSkip } from '../../models/networks/blocks/freeu-skip.ts';
import { unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { fewestProducts } from '../../models/onnx/convolution/form.ts';
import type { Sizes } from '../../models/onnx/dims.ts';
import { Graph } from '../../models/onnx/graph.ts';
import { concat } from '../../models/onnx/ops/shape.ts';
import { quantiseKinds } from '../../models/onnx/quantised/rule.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, type Tensor, tensor } from '../../models/tensor.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { floats, readCase } from '../conformance/case.ts';
import { caseFolders } from '../conformance/walk.ts';
import { difference, noise, scalar } from './graphs.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

const planes = ({ dims, data }: Tensor): Float32Array[] => {
  const size = (dims[2] as number) * (dims[3] as number);
  return Array.from({ length: data.length / size }, (_, i) => data.subarray(i * size, (i + 1) * size));
};

/**
 * The definition, by a direct transform: in the spectrum with zero in the middle, rows h//2 - 1 and h//2 by columns w//2 - 1 and w//2 are
 * multiplied by s, with a cutoff those up to r = max(1, floor(cutoff (h//2))) away from the middle; all others by `high`; the real part
 * comes back.
 */
const dftFilter = (x: Tensor, s: number, { cutoff = 0, high = 1 } = {}): Tensor => {
  const [h, w] = [x.dims[2] as number, x.dims[3] as number];
  const inBox = (k: number, n: number): boolean => {
    const [middle, shifted] = [Math.floor(n / 2), (k + Math.floor(n / 2)) % n];
    const reach = Math.max(1, Math.floor(middle * cutoff));
    return shifted >= middle - reach && shifted < middle + reach;
  };
  const filtered = planes(x).map(plane => {
    const out = Float64Array.from(plane, value => high * value);
    for (let u = 0; u < h; u++) {
      for (let v = 0; v < w; v++) {
        if (!inBox(u, h) || !inBox(v, w)) continue;
        const angle = (i: number): number => 2 * Math.PI * ((u * Math.floor(i / w)) / h + (v * (i % w)) / w);
        let [re, im] = [0, 0];
        plane.forEach((value, i) => {
          re += value * Math.cos(angle(i));
          im -= value * Math.sin(angle(i));
        });
        out.forEach((value, i) => {
          out[i] = value + ((s - high) * (re * Math.cos(angle(i)) - im * Math.sin(angle(i)))) / (h * w);
        });
      }
    }
    return [...out];
  });
  return tensor(x.dims, Float32Array.from(filtered.flat()));
};

const filtered = async (x: Tensor, s: number, sizes = {}, { cutoff = 0, high }: SkipBox = {}): Promise<Tensor> => {
  const g = new Graph('filter', undefined, { sizes });
  const [skip, factor] = [g.input('x', ['n', 'c', 'h', 'w']), g.input('s', [])];
  g.output('y', filterSkip(skip, factor, { cutoff, high: high === undefined ? undefined : g.input('h1', []) }));
  const network = await runtime.load(g.finish());
  const { y } = await network.run({ x, s: scalar(s), h1: scalar(high ?? 1) }, ['y']);
  await network.close();
  return y as Tensor;
};

const cases: [h: number, w: number, s: number][] = [
  [8, 8, 0.2],
  [7, 5, 0.9],
  [1, 1, 0.3],
  [1, 4, 0.5],
  [5, 1, 0],
  [1, 2, 0.4],
  [2, 2, 0],
  [2, 3, 0.1],
  [3, 3, 1.4],
  [24, 16, 0],
];

describe('filterSkip', () => {
  test.each(cases)('equals the direct transform on %ix%i, s = %f', async (h, w, s) => {
    const x = noise(`skip ${h}x${w}`, [2, 3, h, w]);
    const expected = dftFilter(x, s);
    expect(difference(await filtered(x, s), expected)).toBeLessThan(2e-6);
    expect(difference(await filtered(x, s, { n: 2, c: 3, h, w }), expected)).toBeLessThan(2e-6);
  });

  test.each<[number, number, number, SkipBox]>([
    [8, 8, 0.2, { high: 1.3 }],
    [8, 8, 0.2, { cutoff: 1, high: 1.3 }],
    [12, 9, 0.3, { cutoff: 0.6 }],
    [9, 12, 0.3, { cutoff: 0.6, high: 0.8 }],
    [16, 5, 0.4, { cutoff: 0.5, high: 1.1 }],
    [1, 8, 0.5, { cutoff: 0.7, high: 1.2 }],
  ])('equals the direct transform on %ix%i, s = %f, with %j', async (h, w, s, box) => {
    const x = noise(`box ${h}x${w}`, [2, 3, h, w]);
    const expected = dftFilter(x, s, box);
    expect(difference(await filtered(x, s, {}, box), expected)).toBeLessThan(4e-6);
    expect(difference(await filtered(x, s, { n: 2, c: 3, h, w }, box), expected)).toBeLessThan(4e-6);
    expect(difference(freeuSkip(x, s, box), expected)).toBeLessThan(4e-6);
    expect(difference(await filtered(x, 1, {}, { ...box, high: 1 }), x)).toBe(0);
  });

  test('s = 1 changes no bit', async () => {
    const x = noise('still', [2, 3, 9, 6]);
    expect(difference(await filtered(x, 1), x)).toBe(0);
  });

  test('s = 0 leaves nothing of a map that has only the lowest frequencies', async () => {
    const flat = tensor([1, 2, 6, 5], new Float32Array(60).fill(3));
    expect(difference(await filtered(flat, 0), tensor([1, 2, 6, 5]))).toBeLessThan(1e-6);
  });
});

const scaled = async (h: Tensor, b: number, version: number, window?: ChannelWindow): Promise<Tensor> => {
  const g = new Graph('backbone');
  const x = g.input('h', ['n', h.dims[1] as number, 'h', 'w']);
  const [strength] = freeuInputs(g, 'channels', window ? [{ window }] : []).strengths;
  g.output('y', concat(scaleBackbone(x, strength), 1));
  const network = await runtime.load(g.finish());
  const feeds = { h, b1: scalar(b), b2: scalar(9), s1: scalar(9), s2: scalar(9), freeu_version: scalar(version) };
  const { y } = await network.run(feeds, ['y']);
  await network.close();
  return y as Tensor;
};

describe('scaleBackbone', () => {
  test.each([
    [1, 6],
    [2, 6],
    [1, 5],
    [2, 5],
  ] as const)('version %i scales the first half of %i channels', async (version, channels) => {
    const h = noise('h', [2, channels, 4, 3]);
    const maps = [0, 1].map(n => {
      const sample = planes(h).slice(n * channels, (n + 1) * channels);
      const mean = Array.from({ length: 12 }, (_, i) => sample.reduce((sum, plane) => sum + (plane[i] as number), 0) / channels);
      const [low, high] = [Math.min(...mean), Math.max(...mean)];
      return mean.map(m => (m - low) / (high - low));
    });
    const expected = planes(h).flatMap((plane, index) => {
      const [n, c] = [Math.floor(index / channels), index % channels];
      const factor = (i: number): number => (c >= Math.floor(channels / 2) ? 1 : version === 1 ? 1.4 : 1 + 0.4 * (maps[n]?.[i] as number));
      return [...plane].map((value, i) => value * factor(i));
    });
    expect(difference(await scaled(h, 1.4, version), tensor(h.dims, Float32Array.from(expected)))).toBeLessThan(1e-6);
  });

  // Both ends of round(offset C) and round((offset + width) C) count, halves to even; what is beyond wraps.
  test.each<[ChannelWindow, channels: number, scaledOnes: number[]]>([
    [{ offset: 0, width: 0.5 }, 8, [0, 1, 2, 3, 4]],
    [{ offset: 0.25, width: 0.4 }, 8, [2, 3, 4, 5]],
    [{ offset: 0.8, width: 0.55 }, 10, [0, 1, 2, 3, 9]],
    [{ offset: 0.2, width: -0.3 }, 10, [0, 1]],
    [{ offset: 0.5, width: 3 }, 4, [0, 1, 3]],
    [{ offset: 0.31, width: 0 }, 8, [2]],
    [{ offset: 1, width: 0.5 }, 4, [0, 1, 2]],
    [{ offset: -0.25, width: 0.25 }, 8, [6, 7]],
  ])('scales the window %j of %i channels: %j', async (window, channels, expected) => {
    const h = noise('window', [1, channels, 3, 3]);
    const out = await scaled(h, 2, 1, window);
    const touched = planes(out).flatMap((plane, c) => (plane.every((v, i) => v === planes(h)[c]![i]) ? [] : [c]));
    expect(touched).toEqual([...expected].sort((a, b) => a - b));
    expect(difference(freeuBackbone(h, { b: 2, version: 1, window }), out)).toBe(0);
  });

  test('a version between 1 and 2 blends them', async () => {
    const h = noise('blend', [1, 6, 4, 4]);
    const [one, two] = [await scaled(h, 1.5, 1), await scaled(h, 1.5, 2)];
    const half = tensor(
      h.dims,
      one.data.map((v, i) => (v + two.data[i]!) / 2),
    );
    expect(difference(await scaled(h, 1.5, 1.5), half)).toBeLessThan(1e-6);
    expect(difference(freeuBackbone(h, { b: 1.5, version: 1.5 }), half)).toBeLessThan(1e-6);
  });

  test('version 2 takes a constant map, such as a single pixel, for zero', async () => {
    const h = noise('pixel', [2, 4, 1, 1]);
    expect(difference(await scaled(h, 1.5, 2), h)).toBe(0);
  });

  test.each([1, 2] as const)('b = 1 changes no bit in version %i', async version => {
    const h = noise('still', [1, 6, 5, 4]);
    expect(difference(await scaled(h, 1, version), h)).toBe(0);
  });
});

describe('the operators on tensors', () => {
  test.each([1, 2] as const)('freeuBackbone is the layer of version %i', async version => {
    for (const channels of [5, 6]) {
      const h = noise('h', [2, channels, 4, 3]);
      expect(difference(freeuBackbone(h, { b: 1.4, version }), await scaled(h, 1.4, version))).toBeLessThan(1e-6);
      expect(freeuBackbone(h, { b: 1, version }).data).toEqual(h.data);
    }
    const pixel = noise('pixel', [2, 4, 1, 1]);
    expect(difference(freeuBackbone(pixel, { b: 1.5, version }), await scaled(pixel, 1.5, version))).toBeLessThan(1e-6);
  });

  test('freeuBackbone takes version 2 where none is named', () => {
    const h = noise('h', [1, 4, 4, 3]);
    expect(freeuBackbone(h, { b: 1.3 }).data).toEqual(freeuBackbone(h, { b: 1.3, version: 2 }).data);
  });

  test.each(cases)('freeuSkip equals the direct transform on %ix%i, s = %f', (h, w, s) => {
    const x = noise(`skip ${h}x${w}`, [2, 3, h, w]);
    expect(difference(freeuSkip(x, s), dftFilter(x, s))).toBeLessThan(2e-6);
  });

  test('freeuSkip equals the reference files', async () => {
    const folders = await caseFolders(join(packageRoot, 'test', 'oracles', 'freeu-filter'));
    expect(folders.length).toBe(6);
    for (const folder of folders) {
      const c = await readCase(folder);
      const { dims, data } = c.outputs.y!;
      const found = freeuSkip(floats(c, 'x'), c.options.scale as number);
      expect(difference(found, tensor(dims, data as Float32Array))).toBeLessThan(c.tolerance.abs);
    }
  });

  test('both refuse what is no map of features', () => {
    expect(() => freeuSkip(tensor([4, 4]), 0.2)).toThrow('FreeU works on features [n, c, h, w], got [4, 4]');
    expect(() => freeuBackbone(tensor([4, 4]), { b: 1.2 })).toThrow(RangeError);
  });
});

// Which of the two stages a layer belongs to; channels of Stable Diffusion and of the embedded model.
const sites: [stages: FreeUStages, block: number, channels: number, first: number, stage: number | undefined][] = [
  ['channels', 0, 1280, 320, 0],
  ['channels', 2, 1280, 320, 0],
  ['channels', 2, 640, 320, 1],
  ['channels', 3, 320, 320, undefined],
  ['channels', 3, 64, 32, 1],
  ['blocks', 0, 128, 32, 0],
  ['blocks', 1, 1280, 320, 1],
  ['blocks', 2, 1280, 320, undefined],
];

test.each(sites)('by %s, up block %i with %i channels over %i is stage %s', (stages, block, channels, first, stage) => {
  const freeu = freeuInputs(new Graph('stages'), stages);
  expect(strengthAt(freeu, block, channels, first)).toBe(stage === undefined ? undefined : freeu.strengths[stage]);
});

test('a third stage is where h is as wide as the first block, or up block 2, and only where it is asked for', () => {
  const [plain, three] = [
    freeuInputs(new Graph('two'), 'channels'),
    freeuInputs(new Graph('three'), 'channels', [undefined, undefined, {}]),
  ];
  expect([strengthAt(plain, 3, 320, 320), strengthAt(three, 3, 320, 320)?.b.name]).toEqual([undefined, 'b3']);
  const blocks = freeuInputs(new Graph('blocks'), 'blocks', [undefined, undefined, { high: true }]);
  expect([strengthAt(blocks, 2, 640, 320)?.high?.name, strengthAt(blocks, 3, 320, 320)]).toEqual(['h3', undefined]);
});

test('the graph has what is asked for, and nothing else', () => {
  const inputs = (forms: FreeUForms) => {
    const g = new Graph('inputs');
    freeuInputs(g, 'channels', forms);
    return g.finish().inputs.map(({ name }) => name);
  };
  const four = ['freeu_version', 'b1', 'b2', 's1', 's2'];
  expect(inputs([])).toEqual(four);
  expect(inputs([{ window: { offset: 0.2, width: 0.3 }, cutoff: 0.4 }])).toEqual(four);
  expect(inputs([undefined, { high: true }, { high: true }])).toEqual([...four, 'b3', 's3', 'h2', 'h3']);
});

test('a factor that the U-Net was opened without is refused by name', () => {
  const g = new Graph('feeds');
  freeuInputs(g, 'channels');
  const use = { b1: 1, b2: 1, s1: 1, s2: 1, h2: 1.2 };
  expect(() => freeuFeeds(g.finish(), use, { position: 0, count: 4 })).toThrow(/opened without FreeU's h2: name its stage in freeuForms/);
});

test.each(['exact', 'fast'])("FreeU adds less than a hundredth to the multiplications of SD 1.5's U-Net, %s", mode => {
  const weights: WeightSource = {
    label: 'any',
    names: () => [],
    find: (name, dims) => ({ name, dtype: 'F32', dims, file: '/any', offset: 0, length: 4 * elements(dims) }),
  };
  const config = unetConfig({ file: 'config.json', values: { cross_attention_dim: 768 } });
  const fast = mode === 'fast';
  const keys = [256, 1024, fast ? 1024 : 4096].flatMap((count, i) => [0, 1, 2].map(j => [`keys.${3 * i + j}.tokens`, count]));
  const sizes: Sizes = { batch: 2, pictures: 1, height: 64, width: 64, tokens: 77, ...Object.fromEntries(keys) };
  const work = (freeu: 'channels' | 'off'): number => {
    const quantise = fast ? { quantise: quantiseKinds(['linear', 'convolution']) } : {};
    const graph = unet2d(config, weights, { freeu, thinKeys: fast }).adapt!({ sizes, convolution: fewestProducts, ...quantise });
    return Object.values(graph.products!(sizes)!).reduce((sum, count) => sum + count, 0);
  };
  const [whole, without] = [work('channels'), work('off')];
  expect(whole).toBeGreaterThan(without);
  expect(whole / without).toBeLessThan(1.01);
});
