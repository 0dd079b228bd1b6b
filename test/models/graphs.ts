// Running small graphs in tests: seeded numbers, weights written to a real file, and one call through the real runtime.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildNetwork } from '../../models/onnx/build.ts';
import type { Graph } from '../../models/onnx/graph.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import type { Value } from '../../models/onnx/value.ts';
import type { Runtime } from '../../models/runtime/runtime.ts';
import { type IntTensor, type Tensor, tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';

export { noise } from '../support/noise.ts';

export const scalar = (value: number): Tensor => tensor([], Float32Array.of(value));

/** The result `out` of a graph, which `describe` makes from inputs of the feeds' names with the given free dims. */
export const evaluate = async (
  runtime: Runtime,
  feeds: Record<string, Tensor | IntTensor>,
  describe: (inputs: Record<string, Value>, g: Graph) => Value,
  { dims = {}, weights }: { readonly dims?: Record<string, readonly (string | number)[]>; readonly weights?: WeightSource } = {},
): Promise<Tensor> => {
  const none: WeightSource = { label: 'none', find: () => undefined, names: () => [] };
  const graph = buildNetwork('test', weights ?? none, g => {
    const type = (name: string): 'int64' | 'float32' => (feeds[name]?.data instanceof BigInt64Array ? 'int64' : 'float32');
    const inputs = Object.entries(feeds).map(([name, { dims: fixed }]) => [name, g.input(name, dims[name] ?? fixed, type(name))]);
    g.output('out', describe(Object.fromEntries(inputs), g));
  });
  return (await runGraph(runtime, graph, feeds)).out as Tensor;
};

/** All outputs of one run. */
export const runGraph = async (
  runtime: Runtime,
  graph: NetworkGraph,
  feeds: Record<string, Tensor | IntTensor>,
  fetch = graph.outputs.map(port => port.name),
): Promise<Record<string, Tensor>> => {
  const network = await runtime.load(graph);
  try {
    return await network.run(feeds, fetch);
  } finally {
    await network.close();
  }
};

/** Largest absolute difference; infinite when dims differ. */
export const difference = (a: Tensor, b: Tensor): number =>
  String(a.dims) === String(b.dims)
    ? a.data.reduce((most, x, i) => Math.max(most, Math.abs(x - (b.data[i] as number))), 0)
    : Number.POSITIVE_INFINITY;

const folder = temporaryFolder();
let files = 0;

/** Tensors in a real file. */
export const weightsOf = async (tensors: Readonly<Record<string, Tensor>>): Promise<WeightSource> => {
  const file = join(folder, `weights-${files++}.safetensors`);
  await writeFile(file, safetensorsBytes(tensors));
  return openSafetensors(file);
};
