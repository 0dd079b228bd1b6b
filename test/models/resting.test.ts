// Half-precision matrices of large networks rest as the file has them: the same numbers come out, and nothing else changes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../models/onnx/build.ts';
import { conv2d } from '../../models/onnx/conv-layers.ts';
import type { Graph } from '../../models/onnx/graph.ts';
import { linear } from '../../models/onnx/layers.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { heldBytes, REST_FROM } from '../../models/onnx/resting.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import type { TensorInfo, WeightSource } from '../../models/weights/weight-source.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type FloatType, typedBytes } from '../support/typed-safetensors.ts';
import { difference, noise, runGraph } from './graphs.ts';

const folder = temporaryFolder();
const rounded = (name: string, dims: readonly number[]) => {
  const { data } = noise(name, dims);
  return { dims, data: data.map(v => Math.round(v * 64) / 64) }; // exact in every float type
};
const TENSORS = {
  'conv.weight': rounded('c', [8, 4, 3, 3]),
  'conv.bias': rounded('cb', [8]),
  'first.weight': rounded('f', [16, 8]),
  'first.bias': rounded('fb', [16]),
  'second.weight': rounded('s', [8, 16]),
  'second.bias': rounded('sb', [8]),
};
const stored = async (dtype: FloatType): Promise<WeightSource> => {
  const file = join(folder, `${dtype}.safetensors`);
  writeFileSync(file, typedBytes(TENSORS, dtype));
  return openSafetensors(file);
};
const describeNetwork = (g: Graph): void => {
  const x = g.input('x', ['batch', 4, 'height', 'width']);
  const maps = conv2d(g, x, 'conv', { out: 8 });
  const rows = maps.transpose(0, 2, 3, 1).reshape(0, -1, 8); // [n, h w, c]
  g.output('out', linear(g, linear(g, rows, 'first', { out: 16 }), 'second', { out: 8 }));
};
const network = (weights: WeightSource): NetworkGraph => buildNetwork('small', weights, describeNetwork);

/** Whether a graph's bytes have a ValueInfo of a name: field 1 the name, field 2 the type, whose own field 1 is that of a tensor. */
const isInput = ({ bytes }: NetworkGraph, name: string): boolean =>
  new RegExp(`\\n.${name.replace('.', '\\.')}\\x12.\\n`, 's').test(Buffer.from(bytes).toString('latin1'));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

describe.each(['F16', 'BF16'] as const)('in %s', dtype => {
  test('matrices may be replaced, so that no float32 copy of them is made; kernels and biases stay constants', async () => {
    const plain = network(await stored(dtype));
    const resting = plain.adapt!({ restFrom: 0 });
    for (const name of ['first.weight', 'second.weight']) expect([isInput(plain, name), isInput(resting, name)]).toEqual([false, true]);
    for (const name of ['conv.weight', 'first.bias']) expect([isInput(plain, name), isInput(resting, name)]).toEqual([false, false]);
    expect(resting.inputs).toEqual(plain.inputs);
    expect(resting.weights).toEqual(plain.weights);
  });

  test('the results are those of float32 copies', async () => {
    const plain = network(await stored(dtype));
    const feeds = { x: noise('x', [2, 4, 6, 5]) };
    const [copied, resting] = [await runGraph(runtime, plain, feeds), await runGraph(runtime, plain.adapt!({ restFrom: 0 }), feeds)];
    const size = Math.max(...copied.out!.data.map(Math.abs));
    expect(difference(resting.out!, copied.out!)).toBeLessThan(1e-6 * size);
  });
});

test('networks of fewer numbers, and those in float32, are built as ever', async () => {
  const half = network(await stored('F16'));
  expect(half.adapt!({ restFrom: REST_FROM }).bytes).toEqual(half.bytes);
  const single = network(await stored('F32'));
  expect(single.adapt!({ restFrom: 0 }).bytes).toEqual(single.bytes);
});

test('what a session holds: 4 bytes a number, and of matrices that rest 2', () => {
  const info = (dims: readonly number[]): TensorInfo => {
    const length = 2 * dims.reduce((n, d) => n * d, 1);
    return { name: 'w', dtype: 'F16', dims, file: '/w', offset: 0, length };
  };
  expect(heldBytes([info([1000, 1000]), info([10, 10, 3, 3])])).toBe(4 * (1e6 + 900));
  expect(heldBytes([info([40_000, 25_000]), info([10, 10, 3, 3])])).toBe(2e9 + 4 * 900);
});
