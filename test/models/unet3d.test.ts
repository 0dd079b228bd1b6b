import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporalConvolution, temporalTransformer } from '../../models/networks/blocks/temporal.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { ModelConfigError } from '../../models/networks/config.ts';
import { unet3d } from '../../models/networks/unet3d.ts';
import { unet3dConfig } from '../../models/networks/unet3d-config.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, type Tensor, tensor } from '../../models/tensor.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { randomWeights } from '../support/clip-model.ts';
import { difference, evaluate, noise, runGraph, scalar, weightsOf } from './graphs.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

const raw = (values: Record<string, unknown>) => ({ file: 'unet/config.json', values });
const anything: WeightSource = {
  label: 'anything',
  find: (name, dims) => ({ name, dtype: 'F32', dims, file: '/weights', offset: 0, length: 4 * elements(dims) }),
  names: () => [],
};

describe('ModelScope text-to-video', () => {
  const clipH = { hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16, num_hidden_layers: 23, hidden_act: 'gelu' };

  // Counts of the published checkpoints; every default of the class is ModelScope's.
  test.each([
    ['the U-Net', () => unet3d(unet3dConfig(raw({})), anything), 1480, 1_411_233_860],
    ['the text encoder', () => clipText(clipTextConfig(raw(clipH)), anything), 372, 340_387_840],
  ])('%s has its tensors and parameters', (_, build: () => NetworkGraph, tensors, parameters) => {
    const { weights } = build();
    expect([weights.length, weights.reduce((n, { dims }) => n + elements(dims), 0)]).toEqual([tensors, parameters]);
  });

  test.each([
    [{ num_attention_heads: 8 }, 'num_attention_heads is 8, only null is supported'],
    [{ attention_head_dim: 48 }, 'attention_head_dim 48 (the size of a head) does not divide 320 channels'],
    [{ norm_num_groups: 7 }, 'norm_num_groups 7 does not divide 320 channels'],
    [{ down_block_types: ['DownBlock3D', 'DownBlockMotion'] }, 'down_block_types has "DownBlockMotion"'],
    [{ up_block_types: ['UpBlock3D'] }, 'up_block_types has 1 blocks, but down_block_types has 4'],
    [{ block_out_channels: [320, 640] }, 'block_out_channels has 2 entries, but there are 4 blocks'],
    [{ in_channels: 9 }, 'in_channels is 9, but out_channels is 4'],
    [{ act_fn: 'mish' }, 'act_fn is "mish"'],
    [{ _class_name: 'UNetMotionModel' }, '_class_name is "UNetMotionModel"'],
  ])('%j is refused by name', (values, message) => {
    expect(() => unet3dConfig(raw(values))).toThrow(ModelConfigError);
    expect(() => unet3dConfig(raw(values))).toThrow(message);
  });
});

// Small dims for direct formulas: 2 clips of 3 frames, 4 channels in 2 groups, 2 x 3 pixels.
const [N, F, C, P, GROUPS] = [2, 3, 4, 6, 2] as const;
type Place = readonly [n: number, f: number, c: number, p: number];
const at = (x: Tensor, [n, f, c, p]: Place): number => x.data[((n * F + f) * C + c) * P + p]!;
const features = (value: (place: Place) => number): Tensor => {
  const out = tensor([N * F, C, 2, 3]);
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = value([Math.floor(i / (F * C * P)), Math.floor(i / (C * P)) % F, Math.floor(i / P) % C, i % P]);
  }
  return out;
};
const numbers = <T>(count: number, value: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => value(i));
const sum = (count: number, value: (i: number) => number): number => numbers(count, value).reduce((a, b) => a + b, 0);

/** Norm over a group's channels, all frames and all pixels of a clip. */
const clipNorm = (x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor => {
  const perGroup = C / GROUPS;
  const moments = numbers(N * GROUPS, i => {
    const [n, group] = [Math.floor(i / GROUPS), i % GROUPS];
    const values = numbers(F * perGroup * P, k =>
      at(x, [n, Math.floor(k / (perGroup * P)), group * perGroup + (Math.floor(k / P) % perGroup), k % P]),
    );
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / values.length + epsilon) };
  });
  return features(([n, f, c, p]) => {
    const { mean, deviation } = moments[n * GROUPS + Math.floor(c / perGroup)]!;
    return ((at(x, [n, f, c, p]) - mean) / deviation) * scale.data[c]! + shift.data[c]!;
  });
};

const weigh = (shapes: Record<string, readonly number[]>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, noise(name, dims)]));

describe('layers over time', () => {
  const x = noise('features', [N * F, C, 2, 3]);
  const clip = { x: ['batch*frames', C, 'height', 'width'], like: ['batch', 'frames'] } as const;
  const feeds = { x, like: tensor([N, F]) };

  test('four convolutions over frames, after norms over whole clips, are added to the features', async () => {
    const steps = ['conv1.2', 'conv2.3', 'conv3.3', 'conv4.3'];
    const shapes = steps.flatMap(step => [
      [`t.${step}.weight`, [C, C, 3, 1, 1]],
      [`t.${step}.bias`, [C]],
      [`t.${step.slice(0, 5)}.0.weight`, [C]],
      [`t.${step.slice(0, 5)}.0.bias`, [C]],
    ]);
    const weights = weigh(Object.fromEntries(shapes));
    const silu = (v: number): number => v / (1 + Math.exp(-v));
    let h = x;
    for (const step of steps) {
      const norm = `t.${step.slice(0, 5)}.0`;
      const even = clipNorm(h, weights[`${norm}.weight`]!, weights[`${norm}.bias`]!, 1e-5);
      const [kernel, bias] = [weights[`t.${step}.weight`]!, weights[`t.${step}.bias`]!];
      h = features(([n, f, c, p]) => {
        const near = (d: number): number => (f + d < 0 || f + d >= F ? 0 : 1);
        return (
          bias.data[c]! + sum(3, k => near(k - 1) && sum(C, i => kernel.data[(c * C + i) * 3 + k]! * silu(at(even, [n, f + k - 1, i, p]))))
        );
      });
    }
    const expected = features(place => at(x, place) + at(h, place));
    const source = await weightsOf(weights);
    const found = await evaluate(runtime, feeds, ({ x }, g) => temporalConvolution(g, x!, 'frames', GROUPS, 't'), {
      dims: clip,
      weights: source,
    });
    expect(difference(found, expected)).toBeLessThan(1e-4);
  });

  test("every pixel's frames attend to each other twice, in heads of their own size", async () => {
    const [heads, size] = [3, 2];
    const inner = heads * size;
    const block = 't.transformer_blocks.0';
    const weights = weigh({
      't.norm.weight': [C],
      't.norm.bias': [C],
      't.proj_in.weight': [inner, C],
      't.proj_in.bias': [inner],
      't.proj_out.weight': [C, inner],
      't.proj_out.bias': [C],
      ...Object.fromEntries(
        ['attn1', 'attn2'].flatMap(name => [
          ...['to_q', 'to_k', 'to_v', 'to_out.0'].map(part => [`${block}.${name}.${part}.weight`, [inner, inner]]),
          [`${block}.${name}.to_out.0.bias`, [inner]],
        ]),
      ),
      ...Object.fromEntries([1, 2, 3].flatMap(k => ['weight', 'bias'].map(part => [`${block}.norm${k}.${part}`, [inner]]))),
      [`${block}.ff.net.0.proj.weight`]: [8 * inner, inner],
      [`${block}.ff.net.0.proj.bias`]: [8 * inner],
      [`${block}.ff.net.2.weight`]: [inner, 4 * inner],
      [`${block}.ff.net.2.bias`]: [inner],
    });
    const linear = (v: readonly number[], name: string): number[] => {
      const { dims, data } = weights[`${name}.weight`]!;
      return numbers(dims[0]!, o => (weights[`${name}.bias`]?.data[o] ?? 0) + sum(v.length, i => data[o * v.length + i]! * v[i]!));
    };
    const layerNorm = (v: readonly number[], name: string): number[] => {
      const mean = sum(v.length, i => v[i]!) / v.length;
      const deviation = Math.sqrt(sum(v.length, i => (v[i]! - mean) ** 2) / v.length + 1e-5);
      return v.map((value, i) => ((value - mean) / deviation) * weights[`${name}.weight`]!.data[i]! + weights[`${name}.bias`]!.data[i]!);
    };
    const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((v, i) => v + b[i]!);
    const attend = (tokens: number[][], name: string): number[][] => {
      const [q, k, v] = ['to_q', 'to_k', 'to_v'].map(part => tokens.map(token => linear(token, `${name}.${part}`))) as [
        number[][],
        number[][],
        number[][],
      ];
      return tokens.map((_, t) => {
        const mixed = numbers(inner, i => {
          const head = Math.floor(i / size) * size;
          const powers = tokens.map((_, s) => Math.exp(sum(size, d => q[t]![head + d]! * k[s]![head + d]!) / Math.sqrt(size)));
          const total = powers.reduce((a, b) => a + b, 0);
          return sum(tokens.length, s => (powers[s]! / total) * v[s]![i]!);
        });
        return linear(mixed, `${name}.to_out.0`);
      });
    };
    // erf by its series, exact enough below 4
    const erf = (z: number): number => {
      let [term, total] = [z, z];
      for (let n = 1; n < 120; n++) {
        term *= (-z * z) / n;
        total += term / (2 * n + 1);
      }
      return Math.abs(z) > 5 ? Math.sign(z) : (2 / Math.sqrt(Math.PI)) * total;
    };
    const feed = (v: readonly number[]): number[] => {
      const both = linear(v, `${block}.ff.net.0.proj`);
      const gated = numbers(4 * inner, i => {
        const gate = both[4 * inner + i]!;
        return (both[i]! * gate * (1 + erf(gate / Math.SQRT2))) / 2;
      });
      return linear(gated, `${block}.ff.net.2`);
    };
    const even = clipNorm(x, weights['t.norm.weight']!, weights['t.norm.bias']!, 1e-6);
    const seen = new Map<string, number[]>();
    for (let n = 0; n < N; n++) {
      for (let p = 0; p < P; p++) {
        let tokens = numbers(F, f =>
          linear(
            numbers(C, c => at(even, [n, f, c, p])),
            't.proj_in',
          ),
        );
        for (const k of [1, 2]) {
          const mixed = attend(
            tokens.map(token => layerNorm(token, `${block}.norm${k}`)),
            `${block}.attn${k}`,
          );
          tokens = tokens.map((token, f) => plus(token, mixed[f]!));
        }
        for (const [f, token] of tokens.entries()) {
          seen.set(`${n} ${f} ${p}`, linear(plus(token, feed(layerNorm(token, `${block}.norm3`))), 't.proj_out'));
        }
      }
    }
    const expected = features(([n, f, c, p]) => at(x, [n, f, c, p]) + seen.get(`${n} ${f} ${p}`)![c]!);
    const found = await evaluate(
      runtime,
      feeds,
      ({ x }, g) => temporalTransformer(g, x!, 'frames', { heads, headSize: size, groups: GROUPS }, 't'),
      { dims: clip, weights: await weightsOf(weights) },
    );
    const largest = expected.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expect(difference(found, expected)).toBeLessThan(1e-5 * largest);
  });
});

describe('a small U-Net of clips', () => {
  const config = unet3dConfig(
    raw({
      block_out_channels: [8, 16],
      down_block_types: ['CrossAttnDownBlock3D', 'DownBlock3D'],
      up_block_types: ['UpBlock3D', 'CrossAttnUpBlock3D'],
      layers_per_block: 1,
      cross_attention_dim: 12,
      attention_head_dim: 4,
      norm_num_groups: 4,
    }),
  );
  let weights: WeightSource;
  beforeAll(async () => {
    weights = await weightsOf(randomWeights(w => unet3d(config, w)));
  });
  const strengths = (b: number, s: number, version: number) => ({
    b1: scalar(b),
    b2: scalar(b),
    s1: scalar(s),
    s2: scalar(s),
    freeu_version: scalar(version),
  });
  const [clips, texts] = [noise('clips', [2, 4, 3, 5, 7]), noise('texts', [2, 6, 12])];
  const half = ({ dims: [, ...dims], data }: Tensor, i: number): Tensor =>
    tensor([1, ...dims], data.slice((i * data.length) / 2, ((i + 1) * data.length) / 2));
  const run = async (sample: Tensor, context: Tensor, freeu = strengths(1, 1, 1), graph = unet3d(config, weights)): Promise<Tensor> =>
    (await runGraph(runtime, graph, { sample, context, timestep: tensor([1], Float32Array.of(301)), ...freeu })).eps!;

  test('each clip of a batch has a text and a time of its own', async () => {
    const both = await run(clips, texts);
    for (const i of [0, 1]) expect(difference(half(both, i), await run(half(clips, i), half(texts, i)))).toBeLessThan(1e-5);
    expect(difference(half(both, 0), await run(half(clips, 0), half(texts, 1)))).toBeGreaterThan(1e-3);
  });

  test('attention written out gives what the fused one does', async () => {
    const plain = unet3d(config, weights).adapt!({ attention: 'plain' });
    expect(
      difference(await run(clips, texts, strengths(1.3, 0.4, 2), plain), await run(clips, texts, strengths(1.3, 0.4, 2))),
    ).toBeLessThan(1e-5);
  });

  test('FreeU at 1, 1, 1, 1 is FreeU left out, bit for bit; its versions and rules differ', async () => {
    const off = await run(clips, texts, undefined, unet3d(config, weights, { freeu: 'off' }));
    expect(await run(clips, texts)).toEqual(off);
    expect(await run(clips, texts, strengths(1, 1, 2))).toEqual(off);
    const [first, second] = [await run(clips, texts, strengths(1.3, 0.4, 1)), await run(clips, texts, strengths(1.3, 0.4, 2))];
    expect(difference(first, off)).toBeGreaterThan(0.01);
    expect(difference(first, second)).toBeGreaterThan(0.01);
    const channels = unet3d(config, weights, { freeu: 'channels' });
    expect(difference(await run(clips, texts, strengths(1.3, 0.4, 1), channels), first)).toBeGreaterThan(0.01);
  });
});
