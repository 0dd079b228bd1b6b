// A network of maps cut into pieces that are computed a strip of rows at a time, from the same description that builds it whole.
//
// Layers are noted by what they read (`layer-notes.ts`). Some maps are stored: what a group norm reads, as its statistics are of the whole
// map; what goes into and comes out of attention; convolved maps that two layers read; and those behind which more rows at a strip's edges
// would be computed for nothing than `WIDEST`. Between stored maps lies a piece: norm -> activation -> convolution of a residual block, and
// the shortcut's sum behind the second. A strip's outer rows are computed as if zeros lay beyond it; they are right at the picture's edges,
// and dropped elsewhere, so that the strips are equal to the whole.
import type { WeightSource } from '../../weights/weight-source.ts';
import { direct } from '../convolution/form.ts';
import { Graph } from '../graph.ts';
import { layerOf, marginBehind } from '../layer-notes.ts';
import type { BuildOptions, NetworkGraph } from '../network-graph.ts';
import type { NormOptions } from '../norm-layers.ts';
import type { Value } from '../value.ts';
import { pieceGraph } from './piece-graph.ts';
import { inOrder, storedOf, valuesOf } from './stored.ts';

/** A map that is stored: a picture's, with channels last. */
export type StoredMap = { readonly name: string; readonly height: number; readonly width: number; readonly channels: number };

/** What computes a stored map from others of one height. */
export type Piece = {
  /** The maps that it reads, and the norms that it applies to them, by the place of the map. */
  readonly inputs: readonly StoredMap[];
  readonly norms: readonly { readonly input: number; readonly norm: NormOptions }[];
  readonly output: StoredMap;
  /** Whether a norm reads the result: then each row's statistics are told, too. */
  readonly measured: boolean;
  /** Whether it reads all rows at once. */
  readonly whole: boolean;
  /** Rows of the result for each row that is read. */
  readonly scale: number;
  /** Rows of the result that are wrong at each edge of a strip that is none of the picture. */
  readonly margin: number;
  /** Strips begin at multiples of so many rows. */
  readonly align: number;
  /** Bytes of a row of the widest map in it. */
  readonly rowBytes: number;
  /**
   * The graph for strips of so many rows. Inputs: `x0`, `x1` ... [1, rows, w, c], `mean0`, `rate0` ... [1, c, 1, 1] for each of `norms`.
   * Outputs: `y`, and where it is measured `mean` and `variance` of its rows, [1, rows, c].
   */
  readonly graph: (rows: number) => NetworkGraph;
};

/** A network in pieces, for one picture. */
export type CutNetwork = {
  readonly inputs: readonly StoredMap[];
  readonly outputs: readonly StoredMap[];
  /** In an order in which each finds what it reads. */
  readonly pieces: readonly Piece[];
};

const FLOAT32 = 4; // bytes

const bytesOf = (value: Value): number => FLOAT32 * value.size(1) * value.size(2) * value.size(3);

/** How rows of a piece lie to those that it reads. */
const geometryOf = (inner: readonly Value[]): Pick<Piece, 'scale' | 'margin' | 'align'> => {
  const found = new Map<Value, { readonly scale: number; readonly margin: number }>();
  const at = (value: Value) => found.get(value) ?? { scale: 1, margin: 0 };
  let smallest = 1;
  for (const value of inner) {
    const layer = layerOf(value)!;
    const before = layer.inputs.map(at);
    const scale = layer.scale * before[0]!.scale;
    smallest = Math.min(smallest, scale);
    found.set(value, { scale, margin: marginBehind(layer, Math.max(...before.map(({ margin }) => margin))) });
  }
  return { ...at(inner.at(-1)!), align: 1 / smallest };
};

/**
 * Cuts a network for pictures of a size. Nothing of it is computed here.
 * @param options with the sizes of all its inputs, for a batch of 1; convolutions have the form that they have in the whole
 * @returns undefined where the network has a part that is no layer of maps
 */
export const cutNetwork = (
  name: string,
  weights: WeightSource,
  describe: (g: Graph) => void,
  options: BuildOptions,
): CutNetwork | undefined => {
  const g = new Graph(name, weights, { ...options, convolution: direct });
  describe(g);
  const results = [...g.results.values()];
  const order = inOrder(results, new Set(g.inputs.map(port => port.name)));
  if (!order) return undefined;
  const stored = storedOf(order, results);
  const names = new Map([...g.results].map(([port, value]) => [value, port]));
  const maps = new Map<Value, StoredMap>();
  const mapOf = (value: Value): StoredMap => {
    const map = maps.get(value) ?? {
      name: names.get(value) ?? value.name,
      channels: value.size(1),
      height: value.size(2),
      width: value.size(3),
    };
    maps.set(value, map);
    return map;
  };
  const normed = new Set(order.flatMap(value => (layerOf(value)?.norm ? layerOf(value)!.inputs : [])));

  const pieceOf = (target: Value): Piece => {
    const { leaves, inner } = valuesOf(target, stored);
    const norms = inner.filter(value => layerOf(value)?.norm);
    const whole = inner.some(value => layerOf(value)?.reach === Number.POSITIVE_INFINITY);
    const height = leaves[0]!.size(2);
    const measured = normed.has(target);
    return {
      inputs: leaves.map(mapOf),
      norms: norms.map(value => ({ input: leaves.indexOf(layerOf(value)!.inputs[0]!), norm: layerOf(value)!.norm! })),
      output: mapOf(target),
      measured,
      whole,
      ...(whole ? { scale: 1, margin: 0, align: 1 } : geometryOf(inner)),
      rowBytes: Math.max(...[...leaves, ...inner].map(bytesOf)) / height,
      graph: rows => pieceGraph(`${name}, ${mapOf(target).name}`, weights, { leaves, norms, target, measured, rows }, options),
    };
  };

  const targets = order.filter(value => stored.has(value) && layerOf(value));
  const pieces = targets.map(pieceOf);
  const alike = pieces.every(({ inputs: [first, ...more] }) => more.every(map => map.height === first!.height));
  if (!alike) return undefined;
  return {
    inputs: order.filter(value => !layerOf(value)).map(mapOf),
    outputs: results.map(mapOf),
    pieces,
  };
};
