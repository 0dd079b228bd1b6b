// Norms with weights, named as in the checkpoint.
import { followsByRows, rowsOf } from './by-rows.ts';
import { fromChannelsLast } from './channels-last.ts';
import type { Dim } from './dims.ts';
import type { Graph } from './graph.ts';
import { noteLayer } from './layer-notes.ts';
import { sqrt } from './ops/arithmetic.ts';
import { normalizeEach, normalizeLast, reduce } from './ops/contract.ts';
import { concat, expand, floatSize } from './ops/shape.ts';
import type { Value } from './value.ts';

const FLOAT32 = 4; // bytes

export type NormOptions = { readonly groups: number; readonly epsilon: number };

/** Over the last axis. */
export const layerNorm = (g: Graph, x: Value, name: string, epsilon = 1e-5): Value =>
  g.scope(name, () => normalizeLast(x, g.param('weight', [x.size(-1)]), g.param('bias', [x.size(-1)]), epsilon));

/** x / sqrt(mean(x^2) + eps) over the channels of each pixel, times weight, plus bias: x [n, c, h, w] (B. Zhang, R. Sennrich 2019). */
export const rmsNorm = (g: Graph, x: Value, name: string, epsilon: number): Value =>
  noteLayer(normedPixels(g, x, name, epsilon), [x], (other, [rows]) => rmsNorm(other, rows!, name, epsilon));

const normedPixels = (g: Graph, x: Value, name: string, epsilon: number): Value =>
  g.scope(name, () => {
    const channels = x.size(1);
    const level = sqrt(reduce('Mean', x.mul(x), [1]).add(epsilon)); // [n, 1, h, w]
    const even = x.div(level);
    return even.mul(g.param('weight', [channels]).reshape(channels, 1, 1)).add(g.param('bias', [channels]).reshape(channels, 1, 1));
  });

/** Over groups of channels and all pixels: x [n, c, ...]. */
export const groupNorm = (g: Graph, x: Value, name: string, norm: NormOptions): Value => {
  const normed = normedGroups(g, x, name, norm);
  if (x.dims.length !== 4) return normed;
  return noteLayer(normed, [x], (other, [rows, mean, rate]) => normedBy(other, rows!, mean!, rate!, name), { norm });
};

/** Rows of the same, with statistics that are known: (x - mean) rate weight + bias, mean and rate [1, c, 1, 1]. */
const normedBy = (g: Graph, x: Value, mean: Value, rate: Value, name: string): Value =>
  g.scope(name, () => {
    const channels = x.size(1);
    const scale = rate.mul(g.param('weight', [channels]).reshape(1, channels, 1, 1));
    return x
      .sub(mean)
      .mul(scale)
      .add(g.param('bias', [channels]).reshape(1, channels, 1, 1));
  });

const normedGroups = (g: Graph, x: Value, name: string, { groups, epsilon }: NormOptions): Value =>
  g.scope(name, () => {
    const channels = x.size(1);
    if (channels % groups !== 0) throw g.error(`norm_num_groups ${groups} does not divide ${channels} channels`);
    if (x.last) return fromChannelsLast(groupNormLast(g, x.last, { groups, epsilon }));
    const one = g.constant(Array<number>(groups).fill(1));
    const zero = g.constant(Array<number>(groups).fill(0));
    const even = normalizeEach(x.reshape(0, groups, -1), one, zero, epsilon).reshape(...x.dims); // [n, c, ...]
    const alike = [channels, ...x.dims.slice(2).map(() => 1)];
    return even.mul(g.param('weight', [channels]).reshape(...alike)).add(g.param('bias', [channels]).reshape(...alike));
  });

/**
 * The same with channels last, x [n, h, w, c]: sums as products with a row of ones, over rows of pixels, then over their sums, which rounds
 * little; then over the channels of a group.
 */
const groupNormLast = (g: Graph, x: Value, { groups, epsilon }: NormOptions): Value => {
  const [n, height, width, channels] = [x.dim(0), x.dim(1), x.dim(2), x.size(3)];
  const size = channels / groups;
  const settled = typeof height === 'number' && typeof width === 'number';
  const parts = settled && n === 1 ? Math.min(height, Math.ceil((FLOAT32 * height * width * channels) / g.stripBytes)) : 1;
  const ends = settled ? Array.from({ length: parts + 1 }, (_, i) => Math.round((i * height) / parts)) : [0, 0];
  const ones = (count: Dim): Value =>
    typeof count === 'number'
      ? g.constant(Array<number>(count).fill(1 / count), 'float32', [1, count])
      : g.memo(`a row of 1 / ${count}`, () => expand(g.constant(1).div(floatSize(g, count)).reshape(1, 1), [1, count]));
  const ofRows = (rows: Value): Value => ones(width).matmul(rows).reshape(n, rows.dim(1), channels);
  const mean = (means: Value): Value => {
    const each = ones(height).matmul(means).reshape(n, groups, size); // of each channel
    return expand(reduce('Mean', each, [2]), [n, groups, size]).reshape(n, 1, 1, channels);
  };
  const centre = mean(ofRows(x)); // [n, 1, 1, c]
  const centred = (rows: Value): Value => g.memo(`${rows.name} - ${centre.name}`, () => rows.sub(centre));
  const squares = ends.slice(1).map((end, i) => {
    const rows = centred(settled ? rowsOf(x, ends[i]!, end) : x);
    return ofRows(rows.mul(rows));
  });
  const variance = mean(squares.length === 1 ? squares[0]! : concat(squares, 1));
  const scale = g.param('weight', [channels]).div(sqrt(variance.add(epsilon)));
  const shift = g.param('bias', [channels]);
  const normed = (rows: Value): Value => centred(rows).mul(scale).add(shift);
  return settled ? followsByRows(normed(x), x, normed) : normed(x);
};
