// Layers with weights, named as in the checkpoint: convolution, linear, norms, attention.
import { product } from './dims.ts';
import type { Graph } from './graph.ts';
import { sqrt } from './ops/arithmetic.ts';
import { type ConvOptions, conv, gemm, normalizeEach, normalizeLast, reduce } from './ops/contract.ts';
import { concat } from './ops/shape.ts';
import type { Value } from './value.ts';

export type NormOptions = { readonly groups: number; readonly epsilon: number };

type Layer = {
  /** Channels out. */
  readonly out: number;
  /** Whether the checkpoint has a bias; true by default. */
  readonly bias?: boolean;
  /** The config key that the width comes from, for messages. */
  readonly reason?: string;
};

/** 2-D convolution `name.weight` [out, c, k, k], `name.bias` [out]; a 3x3 kernel by default. */
export const conv2d = (
  g: Graph,
  x: Value,
  name: string,
  { out, bias = true, kernel = 3, reason, ...rest }: Layer & { kernel?: number } & ConvOptions,
): Value =>
  g.scope(name, () => {
    const weight = g.param('weight', [out, x.size(1), kernel, kernel], reason);
    return conv(x, weight, bias ? g.param('bias', [out]) : undefined, rest); // [n, out, h, w]
  });

/** x W^T + b over the last axis, `name.weight` [out, c]. */
export const linear = (g: Graph, x: Value, name: string, { out, bias = true, reason }: Layer): Value =>
  g.scope(name, () => {
    const channels = x.size(-1);
    const weight = g.param('weight', [out, channels], reason);
    const rows = x.reshape(product(x.dims.slice(0, -1)), channels); // [n t, c]
    return gemm(rows, weight, bias ? g.param('bias', [out]) : undefined).reshape(...x.dims.slice(0, -1), out);
  });

/** Over the last axis. */
export const layerNorm = (g: Graph, x: Value, name: string, epsilon = 1e-5): Value =>
  g.scope(name, () => normalizeLast(x, g.param('weight', [x.size(-1)]), g.param('bias', [x.size(-1)]), epsilon));

/** x / sqrt(mean(x^2) + eps) over the channels of each pixel, times weight, plus bias: x [n, c, h, w] (B. Zhang, R. Sennrich 2019). */
export const rmsNorm = (g: Graph, x: Value, name: string, epsilon: number): Value =>
  g.scope(name, () => {
    const channels = x.size(1);
    const level = sqrt(reduce('Mean', x.mul(x), [1]).add(epsilon)); // [n, 1, h, w]
    const even = x.div(level);
    return even.mul(g.param('weight', [channels]).reshape(channels, 1, 1)).add(g.param('bias', [channels]).reshape(channels, 1, 1));
  });

/** Over groups of channels and all pixels: x [n, c, ...]. */
export const groupNorm = (g: Graph, x: Value, name: string, { groups, epsilon }: NormOptions): Value =>
  g.scope(name, () => {
    const channels = x.size(1);
    if (channels % groups !== 0) throw g.error(`norm_num_groups ${groups} does not divide ${channels} channels`);
    const one = g.constant(Array<number>(groups).fill(1));
    const zero = g.constant(Array<number>(groups).fill(0));
    const even = normalizeEach(x.reshape(0, groups, -1), one, zero, epsilon).reshape(...x.dims); // [n, c, ...]
    const alike = [channels, ...x.dims.slice(2).map(() => 1)];
    return even.mul(g.param('weight', [channels]).reshape(...alike)).add(g.param('bias', [channels]).reshape(...alike));
  });

export type AttentionOptions = {
  /** Added to the scores. */
  readonly bias?: Value;
  /** One head after the other where attention is written out: less memory, more operators. */
  readonly oneByOne?: boolean;
};

/**
 * softmax(q k^T / sqrt(d) + bias) v for each of the heads: q [n, t, heads d], k and v [n, s, heads d] -> [n, t, heads d];
 * bias [1, 1, t, s] where there is one. Written out, the scores [n, heads, t, s] are held at once, or [n, t, s] with `oneByOne`.
 */
export const multiHead = (q: Value, k: Value, v: Value, heads: number, { bias, oneByOne = false }: AttentionOptions = {}): Value => {
  const g = q.graph;
  if (g.attention === 'fused') {
    const inputs = bias ? [q, k, v, undefined, undefined, bias] : [q, k, v];
    return g.node('MultiHeadAttention', inputs, { num_heads: heads }, { dims: q.dims }, 'com.microsoft');
  }
  const size = q.size(-1) / heads;
  const scaled = q.mul(size ** -0.5);
  if (oneByOne && !bias) {
    const [queries, keys, values] = [scaled, k, v].map(x => x.split(heads)) as [Value[], Value[], Value[]]; // [n, t or s, d] each
    const mixed = queries.map((q, i) =>
      q
        .matmul(keys[i]!.transpose(0, 2, 1))
        .softmax()
        .matmul(values[i]!),
    ); // scores [n, t, s]
    return concat(mixed, 2);
  }
  const perHead = (x: Value, ...order: readonly number[]): Value => x.reshape(0, 0, heads, size).transpose(...order);
  const scores = perHead(scaled, 0, 2, 1, 3).matmul(perHead(k, 0, 2, 3, 1)); // [n, heads, t, s]
  const mixed = (bias ? scores.add(bias) : scores).softmax().matmul(perHead(v, 0, 2, 1, 3)); // [n, heads, t, d]
  return mixed.transpose(0, 2, 1, 3).reshape(...q.dims);
};
