// The graph of one piece of a network: its layers written anew, for a strip of rows of the maps that it reads.
import type { WeightSource } from '../../weights/weight-source.ts';
import { buildNetwork } from '../build.ts';
import { channelsLast, fromChannelsLast } from '../channels-last.ts';
import { direct } from '../convolution/form.ts';
import type { Graph } from '../graph.ts';
import { layerOf } from '../layer-notes.ts';
import type { BuildOptions, NetworkGraph } from '../network-graph.ts';
import type { Value } from '../value.ts';

/** Values of the network that is cut: stored maps that the piece reads, the norms in it, and the map that it makes. */
type Part = {
  readonly leaves: readonly Value[];
  readonly norms: readonly Value[];
  readonly target: Value;
  /** Whether statistics of the rows are told. */
  readonly measured: boolean;
  /** Of a strip. */
  readonly rows: number;
};

/** The ports are described at `Piece.graph`. Convolutions have the form that they have in the whole network. */
export const pieceGraph = (name: string, weights: WeightSource, part: Part, options: BuildOptions): NetworkGraph => {
  const { convolution = direct } = options;
  const times = part.leaves[0]!.size(2) / part.rows;
  const asWhole: BuildOptions = {
    ...options,
    sizes: {},
    convolution: shape => convolution({ ...shape, height: Math.round(shape.height * times) }),
  };
  return buildNetwork(name, weights, g => describe(g, part), asWhole);
};

const describe = (g: Graph, { leaves, norms, target, measured, rows }: Part): void => {
  const written = new Map(
    leaves.map((leaf, i) => [leaf, fromChannelsLast(g.input(`x${i}`, [1, rows, leaf.size(3), leaf.size(1)]))] as const),
  );
  const statistics = new Map(
    norms.map((norm, i) => [norm, ['mean', 'rate'].map(port => g.input(`${port}${i}`, [1, norm.size(1), 1, 1]))] as const),
  );
  const write = (value: Value): Value => {
    const { inputs, path, compute } = layerOf(value)!;
    const operands = [...inputs.map(at), ...(statistics.get(value) ?? [])];
    const result = path === '' ? compute(g, operands) : g.scope(path, () => compute(g, operands));
    written.set(value, result);
    return result;
  };
  const at = (value: Value): Value => written.get(value) ?? write(value);
  const y = channelsLast(write(target)); // [1, rows, w, c]
  g.output('y', y);
  if (!measured) return;
  const { mean, variance } = statisticsOf(g, y);
  g.output('mean', mean);
  g.output('variance', variance);
};

/** Mean and variance of each channel in each row: y [1, rows, w, c] -> [1, rows, c]; sums as products with a row of 1 / w. */
const statisticsOf = (g: Graph, y: Value): { readonly mean: Value; readonly variance: Value } => {
  const [rows, width, channels] = [y.size(1), y.size(2), y.size(3)];
  const even = g.constant(Array<number>(width).fill(1 / width), 'float32', [1, width]);
  const centre = even.matmul(y); // [1, rows, 1, c]
  const off = y.sub(centre);
  const of = (value: Value): Value => value.reshape(1, rows, channels);
  return { mean: of(centre), variance: of(even.matmul(off.mul(off))) };
};
