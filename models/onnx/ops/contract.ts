// Operators that sum over an axis: products, convolutions, attention, reductions, norms.
import { type Dim, half, showDims } from '../dims.ts';
import { single, typedAs } from '../half/numbers.ts';
import type { Value } from '../value.ts';
import { toFloat } from './arithmetic.ts';

/** Batched matrix product: [..., m, k] x [..., k, n]; the leading dims of one side may be absent. Of two types it is float32. */
export const matmul = (a: Value, b: Value): Value => {
  if (a.dtype !== b.dtype) return matmul(single(a), single(b));
  const lead = a.dims.length >= b.dims.length ? a.dims.slice(0, -2) : b.dims.slice(0, -2);
  if (a.dim(-1) !== b.dim(-2)) throw a.graph.error(`MatMul of ${showDims(a.dims)} and ${showDims(b.dims)}`);
  return a.graph.node('MatMul', [a, b], {}, { dims: [...lead, a.dim(-2), b.dim(-1)], dtype: a.dtype });
};

/** a b^T + c of matrices: [m, k], [n, k], and c of [n] or [m, n]; the weights' own layout, so nothing is transposed. In b's type. */
export const gemm = (a: Value, b: Value, c?: Value, transB: 0 | 1 = 1): Value => {
  const [k, n] = transB ? [b.dim(1), b.dim(0)] : [b.dim(0), b.dim(1)];
  if (a.dims.length !== 2 || a.dim(1) !== k) throw a.graph.error(`Gemm of ${showDims(a.dims)} and ${showDims(b.dims)}`);
  return a.graph.node('Gemm', [typedAs(a, b), b, c && typedAs(c, b)], { transB }, { dims: [a.dim(0), n], dtype: b.dtype });
};

export type ConvOptions = {
  /** 1 by default. */
  readonly stride?: 1 | 2;
  /** Zeros at top, left, bottom, right; half the kernel by default, so that stride 1 keeps the size. */
  readonly pads?: readonly [number, number, number, number];
};

/** Side after a convolution. A free side has to shrink by whole halves, which every convolution here does. */
const convolved = (x: Value, side: Dim, kernel: number, stride: 1 | 2, pads: number): Dim => {
  if (typeof side === 'number') return Math.floor((side + pads - kernel) / stride) + 1;
  const grow = pads - kernel + 1; // the result of stride 1 is side + grow
  if (stride === 1 && grow === 0) return side;
  if (stride === 2 && (grow === 0 || grow === -1)) return half(side, grow === 0 ? 'up' : 'down');
  throw x.graph.error(`Conv of a free side ${side} with kernel ${kernel}, stride ${stride} and ${pads} zeros`);
};

/**
 * 2-D convolution in the weight's type: x [n, c, h, w], weight [out, c, kh, kw], bias [out], default zeros (onnxruntime 1.30 crashes on
 * WebGPU without).
 */
export const conv = (x: Value, weight: Value, bias?: Value, { stride = 1, pads }: ConvOptions = {}): Value => {
  const [out, channels, tall, wide] = [weight.size(0), weight.size(1), weight.size(2), weight.size(3)];
  const [top, left, bottom, right] = pads ?? [(tall - 1) / 2, (wide - 1) / 2, (tall - 1) / 2, (wide - 1) / 2];
  if (x.dims.length !== 4 || x.dim(1) !== channels) throw x.graph.error(`Conv of ${showDims(x.dims)} with ${showDims(weight.dims)}`);
  const [h, w] = [convolved(x, x.dim(2), tall, stride, top + bottom), convolved(x, x.dim(3), wide, stride, left + right)];
  const attributes = { kernel_shape: [tall, wide], strides: [stride, stride], pads: [top, left, bottom, right] };
  const shift = bias ?? x.graph.constant(Array<number>(out).fill(0));
  const operands = [typedAs(x, weight), weight, typedAs(shift, weight)];
  return x.graph.node('Conv', operands, attributes, { dims: [x.dim(0), out, h, w], dtype: weight.dtype });
};

/** Over the last axis, in float32. */
export const softmax = (x: Value): Value => x.graph.node('Softmax', [single(x)], { axis: -1 }, { dims: x.dims });

/** Mean, smallest or largest over some axes, which stay as 1; float32. */
export const reduce = (op: 'Mean' | 'Min' | 'Max', x: Value, axes: readonly number[]): Value => {
  const dims = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return x.graph.node(`Reduce${op}`, [single(x), x.graph.constant(axes, 'int64')], { keepdims: 1 }, { dims });
};

/** The place of the largest number of each row of x [n, t], the first of equals, as a float [n, 1]. */
export const placeOfLargest = (x: Value): Value => {
  const dims = [x.dim(0), 1];
  return toFloat(x.graph.node('ArgMax', [x], { axis: 1, keepdims: 1 }, { dims, dtype: 'int64' }));
};

/** (x - mean) / sqrt(variance + eps) over the last axis, times scale, plus shift; computed in float32. */
export const normalizeLast = (x: Value, scale: Value, shift: Value, epsilon: number): Value =>
  typedAs(x.graph.node('LayerNormalization', [single(x), scale, shift], { axis: -1, epsilon: { float: epsilon } }, { dims: x.dims }), x);

/** (x - mean) / sqrt(variance + eps) over all axes after the second, times scale, plus shift: x [n, c, ...]; in float32. */
export const normalizeEach = (x: Value, scale: Value, shift: Value, epsilon: number): Value =>
  typedAs(x.graph.node('InstanceNormalization', [single(x), scale, shift], { epsilon: { float: epsilon } }, { dims: x.dims }), x);

/** Rows of a table: table [rows, width], ids [n, t] -> [n, t, width]. */
export const gather = (table: Value, ids: Value): Value =>
  table.graph.node('Gather', [table, ids], { axis: 0 }, { dims: [...ids.dims, ...table.dims.slice(1)], dtype: table.dtype });
