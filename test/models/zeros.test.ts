// Branches whose weights are zero are left out of the graph, and only those.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resnetBlock } from '../../models/networks/blocks/resnet.ts';
import { buildNetwork } from '../../models/onnx/build.ts';
import { Graph } from '../../models/onnx/graph.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { difference, noise, runGraph, weightsOf } from './graphs.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

const CHANNELS = 40; // 9 * 40 * 40 numbers are several blocks of the file
const NORM = { groups: 4, epsilon: 1e-5 };

const block = (g: Graph): void =>
  g.output('y', resnetBlock(g, g.input('x', [1, CHANNELS, 'height', 'width']), undefined, CHANNELS, NORM, 'b'));

/** Weights of a residual block whose second convolution is `last`. */
const weights = (last: Tensor, shift = tensor([CHANNELS])): Promise<WeightSource> =>
  weightsOf({
    'b.norm1.weight': noise('1', [CHANNELS]),
    'b.norm1.bias': noise('2', [CHANNELS]),
    'b.conv1.weight': noise('3', [CHANNELS, CHANNELS, 3, 3]),
    'b.conv1.bias': noise('4', [CHANNELS]),
    'b.norm2.weight': noise('5', [CHANNELS]),
    'b.norm2.bias': noise('6', [CHANNELS]),
    'b.conv2.weight': last,
    'b.conv2.bias': shift,
  });

const convolutions = ({ products }: NetworkGraph): number => products!({ height: 8, width: 8 })!.Conv ?? 0;

const zeros = tensor([CHANNELS, CHANNELS, 3, 3]);
const x = noise('7', [1, CHANNELS, 8, 8]);

test('a residual block whose last layer is zero costs nothing and gives what it is given', async () => {
  const graph = buildNetwork('dead', await weights(zeros), block);
  expect(convolutions(graph)).toBe(0);
  expect((await runGraph(runtime, graph, { x })).y).toEqual(x);
});

test.each([
  ['the last number of the weight', { last: zeros.data.length - 1, shift: -1 }],
  ['one number of the bias', { last: -1, shift: 3 }],
])('%s keeps it', async (_, places) => {
  const put = ({ dims, data }: Tensor, place: number): Tensor =>
    tensor(
      dims,
      data.map((value, i) => (i === place ? 0.5 : value)),
    );
  const last = put(zeros, places.last);
  const graph = buildNetwork('alive', await weights(last, put(tensor([CHANNELS]), places.shift)), block);
  expect(convolutions(graph)).toBeGreaterThan(0);
  expect(difference((await runGraph(runtime, graph, { x })).y!, x)).toBeGreaterThan(0.01);
});

test('weights that cannot be read count as learned', async () => {
  const source = await weights(zeros);
  const gone: WeightSource = {
    ...source,
    find: (name, dims) => {
      const found = source.find(name, dims);
      return found && { ...found, file: `${found.file}.gone` };
    },
  };
  const g = new Graph('gone', gone);
  block(g);
  expect(g.calls.filter(({ op }) => op === 'Add').length).toBeGreaterThan(2); // of both norms, and the block's own
});
