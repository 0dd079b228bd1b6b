// Element by element: sums and products with broadcasting, and the functions of one value.
import { followsFrom } from '../by-rows.ts';
import { channelsLast, fromChannelsLast } from '../channels-last.ts';
import { type Dim, sameDims, showDims } from '../dims.ts';
import { alike } from '../half/numbers.ts';
import { noteLayer } from '../layer-notes.ts';
import type { Value } from '../value.ts';
import { isZero } from '../zeros.ts';

type Pairwise = 'Add' | 'Sub' | 'Mul' | 'Div';
type Pointwise = 'Sigmoid' | 'Relu' | 'Tanh' | 'Gelu' | 'Exp' | 'Sin' | 'Cos' | 'Floor' | 'Sqrt';

/** NumPy's rule: dims are aligned at the end, equal or 1. Free dims are equal when their texts are. */
const broadcast = (a: readonly Dim[], b: readonly Dim[]): Dim[] | undefined => {
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly Dim[], axis: number): Dim => dims[dims.length - rank + axis] ?? 1;
  const dims = Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [at(a, axis), at(b, axis)];
    return x === y || y === 1 ? x : x === 1 ? y : undefined;
  });
  return dims.includes(undefined) ? undefined : (dims as Dim[]);
};

/** How an operand lies beside pictures with channels last: pictures, a number for each channel [n or 1, c, 1, 1], or one number. */
const besideLast = (x: Value): Value | undefined => {
  const [n, c, h, w] = [4, 3, 2, 1].map(axis => x.dims.at(-axis));
  if (x.last || (x.dims.length === 4 && (h !== 1 || w !== 1))) return channelsLast(x);
  if (x.dims.length === 0) return x;
  if (x.dims.length < 3 || h !== 1 || w !== 1) return undefined;
  return x.dims.length === 3 ? x.reshape(c!) : x.reshape(n!, 1, 1, c!);
};

/** Pictures with channels last stay so. */
const arithmeticLast = (op: Pairwise, a: Value, b: Value | number): Value | undefined => {
  if (!a.last && (typeof b === 'number' || !b.last)) return undefined;
  const [left, right] = [besideLast(a), typeof b === 'number' ? b : besideLast(b)];
  if (!left || right === undefined) return undefined;
  const compute = (x: Value): Value => arithmetic(op, x, right);
  if (typeof right === 'number') return fromChannelsLast(followsFrom(compute(left), [left], compute));
  const both = (x: Value, y: Value): Value => arithmetic(op, x, y);
  return fromChannelsLast(followsFrom(both(left, right), [left, right], both));
};

/** The type of a number beside a value. */
const numberType = ({ dtype }: Value): 'float32' | 'float16' | 'int64' => (dtype === 'int64' || dtype === 'float16' ? dtype : 'float32');

const combine = (op: Pairwise, left: Value, right: Value | number): Value => {
  const inPlace = arithmeticLast(op, left, right);
  if (inPlace) return inPlace;
  const [a, other] = alike([left, typeof right === 'number' ? left.graph.constant(right, numberType(left)) : right]) as [Value, Value];
  const dims = broadcast(a.dims, other.dims);
  if (!dims || a.dtype !== other.dtype) {
    throw a.graph.error(`${op} of ${a.dtype} ${showDims(a.dims)} and ${other.dtype} ${showDims(other.dims)}`);
  }
  return a.graph.node(op, [a, other], {}, { dims, dtype: a.dtype });
};

/** The other summand, where one of two maps alike is zero for certain: a residual block whose last layer never learned. */
const besideZero = (a: Value, b: Value): Value | undefined => {
  if (a.dtype !== b.dtype || !sameDims(a.dims, b.dims)) return undefined;
  return isZero(a) ? b : isZero(b) ? a : undefined;
};

export const arithmetic = (op: Pairwise, a: Value, b: Value | number): Value => {
  const only = op === 'Add' && typeof b !== 'number' ? besideZero(a, b) : undefined;
  if (only) return only;
  const y = combine(op, a, b);
  if (y.dims.length !== 4) return y;
  return typeof b === 'number'
    ? noteLayer(y, [a], (_, [x]) => arithmetic(op, x!, b))
    : noteLayer(y, [a, b], (_, [x, other]) => arithmetic(op, x!, other!));
};

/** `x + y` where each dim of `y` turns out to be that of `x`, or 1, only when the graph runs. */
export const addBroadcast = (x: Value, y: Value): Value =>
  x.last ? fromChannelsLast(addBroadcast(x.last, channelsLast(y))) : addAlike(...(alike([x, y]) as [Value, Value]));

const addAlike = (x: Value, y: Value): Value => x.graph.node('Add', [x, y], {}, { dims: x.dims, dtype: x.dtype });

const pointwise = (op: Pointwise): ((x: Value) => Value) => {
  const compute = (x: Value): Value =>
    x.last
      ? fromChannelsLast(followsFrom(compute(x.last), [x.last], compute))
      : x.graph.node(op, [x], {}, { dims: x.dims, dtype: x.dtype });
  return x => noteLayer(compute(x), [x], (_, [rows]) => pointwise(op)(rows!));
};

export const sigmoid = pointwise('Sigmoid');
export const relu = pointwise('Relu');
export const tanh = pointwise('Tanh');
export const exp = pointwise('Exp');
export const sin = pointwise('Sin');
export const cos = pointwise('Cos');
export const sqrt = pointwise('Sqrt');
export const floor = pointwise('Floor');

/** x Phi(x) with the exact error function. */
export const gelu = pointwise('Gelu');

/** x sigmoid(x). */
export const silu = (x: Value): Value => x.mul(sigmoid(x));

/** x sigmoid(1.702 x): the GELU of the first CLIP. */
export const quickGelu = (x: Value): Value => x.mul(sigmoid(x.mul(1.702)));

export const clip = (x: Value, low: number, high: number): Value => {
  const bounded = x.graph.node('Clip', [x, x.graph.constant(low), x.graph.constant(high)], {}, { dims: x.dims });
  return noteLayer(bounded, [x], (_, [rows]) => clip(rows!, low, high));
};

/** The smaller, or the larger, of each entry and a number, in the entries' own type. */
const limited =
  (op: 'Min' | 'Max') =>
  (x: Value, limit: number): Value =>
    x.graph.node(op, [x, x.graph.constant(limit, x.dtype === 'int64' ? 'int64' : 'float32')], {}, { dims: x.dims, dtype: x.dtype });

export const least = limited('Min');
export const most = limited('Max');

/** Whether each entry is at least a number. */
export const atLeast = (x: Value, limit: number): Value => {
  const bound = x.graph.constant(limit, x.dtype === 'int64' ? 'int64' : 'float32');
  return x.graph.node('GreaterOrEqual', [x, bound], {}, { dims: x.dims, dtype: 'bool' });
};

/** Whether each entry equals a whole number. */
export const equals = (x: Value, number: number): Value =>
  x.graph.node('Equal', [x, x.graph.constant(number, 'int64')], {}, { dims: x.dims, dtype: 'bool' });

/** Whole numbers, or yes and no as 1 and 0, as float32. */
export const toFloat = (x: Value): Value => x.graph.node('Cast', [x], { to: 1 }, { dims: x.dims });

/** `yes` where `which` holds, else `no`: `which` broadcasts. */
export const where = (which: Value, yes: Value, no: Value): Value =>
  which.graph.node('Where', [which, yes, no], {}, { dims: no.dims, dtype: no.dtype });
