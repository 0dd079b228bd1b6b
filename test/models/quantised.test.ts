// Layers in whole numbers of 8 bits against the float ones, and which layers and machines they are for.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../models/onnx/build.ts';
import { conv2d, doubledConv2d, resizedConv2d } from '../../models/onnx/conv-layers.ts';
import type { Graph } from '../../models/onnx/graph.ts';
import { linear, thinTokens, toPicture, toTokens } from '../../models/onnx/layers.ts';
import { groupNorm } from '../../models/onnx/norm-layers.ts';
import { resizeNearest } from '../../models/onnx/ops/shape.ts';
import { quantiseKinds } from '../../models/onnx/quantised/rule.ts';
import type { Value } from '../../models/onnx/value.ts';
import { checkHalfPrecision } from '../../models/runtime/half-precision.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { checkWholeNumbers, isWhole } from '../../models/runtime/whole-numbers.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { difference, evaluate, noise, runGraph, weightsOf } from './graphs.ts';

const CHANNELS = 8;
const OUT = 12;

/** Whole numbers from `low` to `high`, both of them among the first. */
const whole = (name: string, dims: readonly number[], low: number, high: number): Tensor => {
  const { data } = noise(name, dims);
  const values = data.map(value => Math.round(Math.min(high, Math.max(low, (value * (high - low)) / 6))));
  values.set([low, high].slice(0, values.length));
  return { dims, data: values };
};

/** Weights whose largest number is 127 parts of one, for each output. */
const weight = (name: string, dims: readonly number[]): Tensor => {
  const { data } = whole(name, dims, -100, 100);
  const each = data.length / dims[0]!;
  for (let i = 0; i < data.length; i += each) data[i] = 127;
  return { dims, data: data.map(value => value / 127) };
};

let runtime: Runtime;
let weights: WeightSource;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
  weights = await weightsOf({
    'three.weight': weight('three', [OUT, CHANNELS, 3, 3]),
    'three.bias': noise('bias', [OUT]),
    'one.weight': weight('one', [OUT, CHANNELS, 1, 1]),
    'one.bias': noise('bias', [OUT]),
    'flat.weight': weight('flat', [OUT, CHANNELS]),
    'norm.weight': noise('scale', [OUT]),
    'norm.bias': noise('shift', [OUT]),
  });
});
afterAll(() => runtime.close());

const LAYERS: Readonly<Record<string, (g: Graph, x: Value) => Value>> = {
  'convolution 3x3': (g, x) => conv2d(g, x, 'three', { out: OUT }),
  'convolution 3x3 of stride 2': (g, x) => conv2d(g, x, 'three', { out: OUT, stride: 2 }),
  'convolution 3x3 behind a doubling': (g, x) => doubledConv2d(g, x, 'three', { out: OUT }),
  'convolution 3x3 behind another size': (g, x) => resizedConv2d(g, x, [9, 4], 'three', { out: OUT }),
  'a change of size behind a convolution 1x1': (g, x) => {
    const half = conv2d(g, x, 'one', { out: OUT, kernel: 1 });
    return resizeNearest(half, x.dim(2), x.dim(3));
  },
  'convolution 1x1': (g, x) => conv2d(g, x, 'one', { out: OUT, kernel: 1 }),
  'linear, without bias': (g, x) => {
    const y = linear(g, toTokens(x), 'flat', { out: OUT, bias: false }); // [n, h w, out]
    return y;
  },
  'a norm over what a convolution leaves': (g, x) =>
    groupNorm(g, conv2d(g, x, 'three', { out: OUT }), 'norm', { groups: 4, epsilon: 1e-5 }),
};

describe('numbers that 8 bits hold are computed as float32 has them', () => {
  // One pixel, odd sides, several pictures; free sizes and settled ones.
  test.each(Object.keys(LAYERS))('%s', async name => {
    const graph = buildNetwork('layer', weights, g => {
      g.output('y', LAYERS[name]!(g, g.input('x', ['batch', CHANNELS, 'height', 'width'])));
    });
    for (const [batch, height, width] of [
      [1, 1, 1],
      [2, 6, 5],
      [1, 7, 8],
    ] as const) {
      const x = whole('x', [batch, CHANNELS, height, width], -90, 165);
      const expected = (await runGraph(runtime, graph, { x })).y!;
      for (const sizes of [undefined, { batch, height, width }]) {
        const quantised = graph.adapt!({ quantise: () => true, ...(sizes && { sizes }) });
        expect(Object.keys(quantised.products!({ batch, height, width })!)).not.toContain('Conv');
        expect(difference((await runGraph(runtime, quantised, { x })).y!, expected)).toBeLessThan(2e-3); // of numbers up to some thousands
      }
    }
  });
});

test('other numbers are off by about a hundredth', async () => {
  const x = noise('other', [1, CHANNELS, 16, 16]);
  const graph = buildNetwork('layer', weights, g => g.output('y', conv2d(g, g.input('x', x.dims), 'three', { out: OUT })));
  const [exact, fast] = [
    (await runGraph(runtime, graph, { x })).y!,
    (await runGraph(runtime, graph.adapt!({ quantise: () => true }), { x })).y!,
  ];
  const square = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
  const off = Math.sqrt(square(exact.data.map((value, i) => value - fast.data[i]!)) / square(exact.data));
  expect(off).toBeGreaterThan(1e-4);
  expect(off).toBeLessThan(2e-2);
});

test('keys are every second token of every second row', async () => {
  const x = tensor(
    [1, 1, 3, 5],
    Float32Array.from({ length: 15 }, (_, i) => i),
  );
  const thinned = await evaluate(runtime, { x }, inputs => thinTokens(toTokens(inputs.x!), [3, 5]));
  expect([...thinned.data]).toEqual([0, 2, 4, 10, 12, 14]);
  const kept = await evaluate(runtime, { x }, inputs => toPicture(toTokens(inputs.x!), inputs.x!));
  expect(kept.data).toEqual(x.data);
});

test('the ends of a network, and what is computed once for all pixels, stay in float32', () => {
  const layers = quantiseKinds(['linear', 'convolution']);
  const at = (path: string, kind: 'linear' | 'convolution' = 'convolution'): boolean => layers({ path, kind, channels: 320, out: 320 });
  for (const path of [
    'conv_in',
    'conv_out',
    'controlnet_cond_embedding.blocks.0',
    'controlnet_mid_block',
    'up_blocks.0.resnets.0.conv_shortcut',
  ])
    expect(at(path)).toBe(false);
  for (const path of ['time_embedding.linear_1', 'down_blocks.0.resnets.0.time_emb_proj', 'a.transformer_blocks.0.attn2.to_k'])
    expect(at(path, 'linear')).toBe(false);
  expect(at('up_blocks.3.resnets.2.conv1')).toBe(true);
  expect(at('mid_block.attentions.0.transformer_blocks.0.attn1.to_q', 'linear')).toBe(true);
  expect(quantiseKinds(['linear'])({ path: 'up_blocks.3.resnets.2.conv1', kind: 'convolution', channels: 1, out: 1 })).toBe(false);
});

test('a device that has no whole numbers, or cuts their sums off, is refused with the reason', async () => {
  await expect(checkHalfPrecision(runtime)).rejects.toThrow(/half precision on cpu, which is of GPUs: draw with --precision exact/);
  await checkHalfPrecision({ ...runtime, device: 'cuda' }); // the CPU's own answers are right
  await expect(checkWholeNumbers({ ...runtime, device: 'cuda' })).rejects.toThrow(/the device is cuda: leave --int8 out/);
  expect(isWhole(new Float32Array(4).fill(64))).toBe(true);
  expect(isWhole(new Float32Array(4).fill((32767 / (255 * 127) / 2) * 64))).toBe(false); // pairs of products at 16 bits
  const here = checkWholeNumbers(runtime); // this machine has them, or says that it has not
  await here.catch(error => expect(error).toMatchObject({ code: 'DEVICE', message: expect.stringMatching(/has no VNNI/) }));
});
