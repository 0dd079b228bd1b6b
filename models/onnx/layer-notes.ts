// How layers of maps [n, c, h, w] can be computed again in another graph, of some rows of what they read: noted beside each value, so that
// a network can be cut into pieces (`pieces/cut.ts`) from the same description that builds it whole.
import type { Graph } from './graph.ts';
import type { NormOptions } from './norm-layers.ts';
import type { Value } from './value.ts';

export type RowLayer = {
  /** The maps that it reads. */
  readonly inputs: readonly Value[];
  /** Rows around a row of the result that it reads, as rows of the result: 1 for a 3x3 convolution; Infinity: all rows. */
  readonly reach: number;
  /** Rows of the result for each row that is read: 1, 2 behind a doubling, 0.5 for a halving. */
  readonly scale: 1 | 2 | 0.5;
  /** The scope that it was written in. */
  readonly path: string;
  /** Writes it into a graph, of other rows. A norm is given mean and rate of its groups behind its map, [1, c, 1, 1] each. */
  readonly compute: (g: Graph, inputs: readonly Value[]) => Value;
  /** Of a norm over all rows: then its statistics are needed before any row of the result is. */
  readonly norm?: NormOptions;
};

const layers = new WeakMap<Value, RowLayer>();

/** What is noted of a value; undefined of inputs, and of what cannot be computed by rows. */
export const layerOf = (y: Value): RowLayer | undefined => layers.get(y);

/** Notes how a map follows from others, by default pixel by pixel. Returns y. */
export const noteLayer = (
  y: Value,
  inputs: readonly Value[],
  compute: RowLayer['compute'],
  { reach = 0, scale = 1, norm }: Partial<Pick<RowLayer, 'reach' | 'scale' | 'norm'>> = {},
): Value => {
  layers.set(y, { inputs, reach, scale, path: y.graph.path(), compute, ...(norm && { norm }) });
  return y;
};

/** A layer that mixes all rows of its map, such as attention. */
export const ofWholeMap = (x: Value, compute: (x: Value) => Value): Value =>
  noteLayer(compute(x), [x], (_, [rows]) => compute(rows!), { reach: Number.POSITIVE_INFINITY });

/** Rows at a strip's edge that are wrong behind a layer, where so many are before it. */
export const marginBehind = ({ reach, scale }: Pick<RowLayer, 'reach' | 'scale'>, margin: number): number => {
  if (scale !== 0.5) return scale * margin + reach;
  return reach > 0 ? Math.floor(margin / 2) + reach : Math.ceil(margin / 2);
};
