// Layers on tokens, with weights named as in the checkpoint: linear, attention; and the way between pictures and tokens.
import { fromChannelsLast } from './channels-last.ts';
import { type Dim, product, sizeOf } from './dims.ts';
import type { Graph } from './graph.ts';
import { single, typedAs } from './half/numbers.ts';
import { gemm } from './ops/contract.ts';
import { concat, everyOther } from './ops/shape.ts';
import { quantisedProduct } from './quantised/products.ts';
import { wholeWeights } from './quantised/weights.ts';
import type { Value } from './value.ts';

const FLOAT32 = 4; // bytes

/** What every layer with weights is told. */
export type Layer = {
  /** Channels out. */
  readonly out: number;
  /** Whether the checkpoint has a bias; true by default. */
  readonly bias?: boolean;
  /** The config key that the width comes from, for messages. */
  readonly reason?: string;
};

/** The pixels of a picture in a row: [n, c, h, w] -> [n, h w, c]. */
export const toTokens = (x: Value): Value =>
  x.last ? x.last.reshape(x.dim(0), product([x.dim(2), x.dim(3)]), x.dim(1)) : x.reshape(0, 0, -1).transpose(0, 2, 1);

/** The way back from {@link toTokens}, to the sides of another picture. */
export const toPicture = (x: Value, like: Value): Value =>
  like.last
    ? fromChannelsLast(x.reshape(x.dim(0), ...like.last.dims.slice(1)))
    : x.transpose(0, 2, 1).reshape(x.dim(0), ...like.dims.slice(1));

/** Every second token of every second row of a picture of h x w: [n, h w, c] -> [n, ceil(h / 2) ceil(w / 2), c]. */
export const thinTokens = (x: Value, [height, width]: readonly [Dim, Dim]): Value => {
  const thin = everyOther(x.reshape(x.dim(0), height, width, x.dim(2)), [1, 2]);
  return thin.reshape(x.dim(0), product([thin.dim(1), thin.dim(2)]), x.dim(2));
};

/** x W^T + b over the last axis, `name.weight` [out, c]. */
export const linear = (g: Graph, x: Value, name: string, { out, bias = true, reason }: Layer): Value =>
  g.scope(name, () => {
    const channels = x.size(-1);
    const rows = x.reshape(product(x.dims.slice(0, -1)), channels); // [n t, c]
    const quantised = g.quantises({ kind: 'linear', channels, out });
    return ofRows(g, rows, [out, channels], { out, bias, reason }, quantised).reshape(...x.dims.slice(0, -1), out);
  });

/** The first and the second half of what {@link linear} gives: a product each, as cutting one result apart is a pass over all of it. */
export const linearHalves = (g: Graph, x: Value, name: string, layer: Layer): readonly [Value, Value] => {
  const { out, bias = true, reason } = layer;
  const channels = x.size(-1);
  if (g.scope(name, () => g.quantises({ kind: 'linear', channels, out }))) return linear(g, x, name, layer).split(2) as [Value, Value];
  return g.scope(name, () => {
    const rows = x.reshape(product(x.dims.slice(0, -1)), channels); // [n t, c]
    const shifts = bias ? g.paramParts('bias', [out], 2) : [];
    const weights = g.paramParts('weight', [out, channels], 2, reason);
    return weights.map((weight, k) => gemm(rows, weight, shifts[k]).reshape(...x.dims.slice(0, -1), out / 2)) as [Value, Value];
  });
};

/** x W^T + b of rows [m, c], in the present scope; `dims` are the weight's in the checkpoint, [out, c] or with 1s behind. */
export const ofRows = (g: Graph, rows: Value, dims: readonly number[], { out, bias = true, reason }: Layer, quantised: boolean): Value => {
  const as = [out, rows.size(1)] as const;
  const shift = (): Value | undefined => (bias ? g.param('bias', [out]) : undefined);
  if (quantised) return quantisedProduct(rows, wholeWeights(g, dims, as, reason), shift());
  return gemm(rows, g.param('weight', dims, reason, as), shift());
};

/** Something of x [n, t, c] that follows token by token, of some tokens at a time. */
const inBlocks = (x: Value, blocks: number, of: (block: Value) => Value): Value => {
  const size = Math.ceil(x.size(1) / blocks);
  const starts = Array.from({ length: Math.ceil(x.size(1) / size) }, (_, i) => i * size);
  return concat(
    starts.map(start => of(x.slice(1, start, Math.min(start + size, x.size(1))))),
    1,
  );
};

export type AttentionOptions = {
  /** Added to the scores. */
  readonly bias?: Value;
  /** One head after the other where attention is written out: less memory, more operators. */
  readonly oneByOne?: boolean;
  /**
   * Bytes of scores above which queries are asked block by block, where their number is settled; default: all at once. Fused attention
   * holds few of them at a time on most machines, and all on those whose cache it cannot tell the size of.
   */
  readonly scoreBytes?: number;
};

/**
 * softmax(q k^T / sqrt(d) + bias) v for each of the heads: q [n, t, heads d], k and v [n, s, heads d] -> [n, t, heads d];
 * bias [1, 1, t, s] where there is one. Written out, the scores [n, heads, t, s] are held at once, or [n, t, s] with `oneByOne`.
 */
export const multiHead = (q: Value, k: Value, v: Value, heads: number, options: AttentionOptions = {}): Value => {
  const { bias, oneByOne = false, scoreBytes = Number.POSITIVE_INFINITY } = options;
  const g = q.graph;
  const bytes = sizeOf(product([FLOAT32, heads, ...q.dims.slice(0, 2), k.dim(1)]), {}) ?? 0;
  if (!bias && bytes > scoreBytes) return inBlocks(q, Math.ceil(bytes / scoreBytes), block => multiHead(block, k, v, heads, { oneByOne }));
  if (g.attention === 'fused') {
    const inputs = bias ? [q, k, v, undefined, undefined, bias] : [q, k, v];
    return g.node('MultiHeadAttention', inputs, { num_heads: heads }, { dims: q.dims, dtype: q.dtype }, 'com.microsoft');
  }
  const size = q.size(-1) / heads;
  const scaled = single(q).mul(size ** -0.5);
  const asked = single(k); // scores are large in some models, and close to each other where it matters: float32
  if (oneByOne && !bias) {
    const [queries, keys, values] = [scaled, asked, v].map(x => x.split(heads)) as [Value[], Value[], Value[]]; // [n, t or s, d] each
    const mixed = queries.map((q, i) => typedAs(q.matmul(keys[i]!.transpose(0, 2, 1)).softmax(), v).matmul(values[i]!)); // scores [n, t, s]
    return concat(mixed, 2);
  }
  const perHead = (x: Value, ...order: readonly number[]): Value => x.reshape(0, 0, heads, size).transpose(...order);
  const scores = perHead(scaled, 0, 2, 1, 3).matmul(perHead(asked, 0, 2, 3, 1)); // [n, heads, t, s]
  const mixed = typedAs((bias ? scores.add(bias) : scores).softmax(), v).matmul(perHead(v, 0, 2, 1, 3)); // [n, heads, t, d]
  return mixed.transpose(0, 2, 1, 3).reshape(...q.dims);
};
