// Operators that move numbers without changing them, and the sizes that are known only at run time.
import { channelsLast, fromChannelsLast } from '../channels-last.ts';
import { type Dim, factorsOf, half, product, quotient, sameDims, showDims } from '../dims.ts';
import type { Graph } from '../graph.ts';
import { noteLayer } from '../layer-notes.ts';
import type { Value } from '../value.ts';

/** A list of dims as an int64 value; free ones are read off a value that has them. */
export const sizes = (g: Graph, dims: readonly Dim[]): Value => {
  if (dims.every(dim => typeof dim === 'number')) return g.constant(dims, 'int64');
  return g.memo(`sizes ${showDims(dims)}`, () => {
    const parts = dims.map(dim => sizeOf(g, dim));
    return parts.length === 1 ? (parts[0] as Value) : g.node('Concat', parts, { axis: 0 }, { dims: [dims.length], dtype: 'int64' });
  });
};

/**
 * One dim as an int64 value of dims [1]. Products and halves are computed from the names in them, which are read off inputs as a rule: so
 * a session that is told the inputs' sizes knows every size inside the graph, too.
 */
const sizeOf = (g: Graph, dim: Dim): Value => {
  if (typeof dim === 'number') return g.constant([dim], 'int64');
  return g.memo(`size ${dim}`, () => {
    const factors = factorsOf(dim);
    if (factors.length > 1) return factors.map(factor => sizeOf(g, factor)).reduce((product, factor) => product.mul(factor));
    const [whole = '', sign, divisor] = dim.split(/(\/+)/);
    if (sign === undefined) return g.sizeOf(dim);
    const parts = Number(divisor);
    return (sign === '/' ? sizeOf(g, whole).add(parts - 1) : sizeOf(g, whole)).div(parts); // whole numbers: rounds down
  });
};

/** The target of a Reshape: what the axis keeps is 0, one free dim is -1, further ones are looked up. */
const target = (x: Value, dims: readonly Dim[]): Dim[] => {
  const wanted = dims.map((dim, axis) => (dim === x.dims[axis] ? 0 : dim));
  const free = wanted.findLastIndex(dim => typeof dim === 'string');
  return wanted.map((dim, axis) => (axis === free ? -1 : dim));
};

/** The same numbers under other dims: 0 keeps the dim of the same axis, -1 takes what is left. */
export const reshape = (x: Value, wanted: readonly Dim[]): Value => {
  const sized = wanted.map((dim, axis) => (dim === 0 ? x.dim(axis) : dim));
  const rest = quotient(product(x.dims), product(sized.filter(dim => dim !== -1)));
  const dims = sized.map(dim => (dim === -1 ? rest : dim));
  if (rest === undefined || (!sized.includes(-1) && rest !== 1) || dims.includes(undefined)) {
    throw x.graph.error(`Reshape of ${showDims(x.dims)} to ${showDims(wanted)}`);
  }
  if (sameDims(dims as Dim[], x.dims)) return x;
  return x.graph.node('Reshape', [x, sizes(x.graph, target(x, dims as Dim[]))], {}, { dims: dims as Dim[], dtype: x.dtype });
};

export const transpose = (x: Value, order: readonly number[]): Value =>
  x.graph.node('Transpose', [x], { perm: order }, { dims: order.map(axis => x.dim(axis)), dtype: x.dtype });

/** Joins along an axis; the other dims have to agree. `joined` names the sum where it is free. */
export const concat = (parts: readonly Value[], axis: number, joined?: Dim): Value => {
  const [first, ...others] = parts as [Value, ...Value[]];
  if (axis === 1 && parts.some(part => part.last)) return fromChannelsLast(concat(parts.map(channelsLast), 3));
  const alike = others.every(
    part => part.dims.length === first.dims.length && part.dims.every((dim, i) => i === axis || dim === first.dims[i]),
  );
  if (!alike) throw first.graph.error(`Concat over axis ${axis} of ${parts.map(part => showDims(part.dims)).join(' and ')}`);
  const sum = joined ?? parts.reduce((n, part) => n + part.size(axis), 0);
  const dims = first.dims.map((dim, i) => (i === axis ? sum : dim));
  return first.graph.node('Concat', parts, { axis }, { dims, dtype: first.dtype });
};

export const split = (x: Value, parts: number, axis: number): Value[] => {
  const at = axis < 0 ? axis + x.dims.length : axis;
  const part = quotient(x.dim(at), parts);
  if (part === undefined) throw x.graph.error(`Split of ${showDims(x.dims)} into ${parts} over axis ${at}`);
  const dims = x.dims.map((dim, i) => (i === at ? part : dim));
  const results = Array.from({ length: parts }, () => ({ dims, dtype: x.dtype }));
  const pieces = x.graph.nodes('Split', [x], { axis: at, num_outputs: parts }, results);
  if (at !== 1) return pieces;
  return pieces.map((piece, i) => noteLayer(piece, [x], (_, [rows]) => split(rows!, parts, at)[i]!));
};

export const slice = (x: Value, axis: number, start: number, end: number): Value => {
  const dims = x.dims.map((dim, i) => (i === axis ? end - start : dim));
  const list = (n: number): Value => x.graph.constant([n], 'int64');
  return x.graph.node('Slice', [x, list(start), list(end), list(axis)], {}, { dims, dtype: x.dtype });
};

/** Every second entry along some axes, from the first. */
export const everyOther = (x: Value, axes: readonly number[]): Value => {
  const list = (n: number): Value =>
    x.graph.constant(
      axes.map(() => n),
      'int64',
    );
  const dims = x.dims.map((dim, axis) => (axes.includes(axis) ? half(dim, 'up') : dim));
  const inputs = [x, list(0), list(Number.MAX_SAFE_INTEGER), x.graph.constant(axes, 'int64'), list(2)];
  return x.graph.node('Slice', inputs, {}, { dims, dtype: x.dtype });
};

/** The first `count` entries of an axis, at most all of them; `count` is an int64 value of dims [1], `named` the new dim. */
export const takeFirst = (x: Value, axis: number, count: Value, named: Dim): Value => {
  const dims = x.dims.map((dim, i) => (i === axis ? named : dim));
  const list = (n: number): Value => x.graph.constant([n], 'int64');
  return x.graph.node('Slice', [x, list(0), count, list(axis)], {}, { dims, dtype: x.dtype });
};

/** Repeats along axes whose dim is 1, or only turns out to be 1 when the graph runs. */
export const expand = (x: Value, dims: readonly Dim[]): Value =>
  x.graph.node('Expand', [x, sizes(x.graph, dims)], {}, { dims, dtype: x.dtype });

/** As many rows: x itself where it has them, else its one row as often. */
export const rows = (x: Value, count: Dim): Value => (x.dim(0) === count ? x : expand(x, [count, ...x.dims.slice(1)]));

/** A dim as a float32 scalar. */
export const floatSize = (g: Graph, dim: Dim): Value =>
  g.memo(`float size ${dim}`, () => {
    const whole = g.node('Squeeze', [sizes(g, [dim])], {}, { dims: [], dtype: 'int64' });
    return g.node('Cast', [whole], { to: 1 }, { dims: [] });
  });

/** 0, 1, ... up to a dim, as float32. */
export const range = (g: Graph, dim: Dim): Value => g.node('Range', [g.constant(0), floatSize(g, dim), g.constant(1)], {}, { dims: [dim] });

type Resized = { readonly mode: 'nearest' | 'linear'; readonly coordinate_transformation_mode: string; readonly nearest_mode?: string };

/** All sizes where they are settled, or behind a transposition: onnxruntime moves it past a Resize and mistakes those of two axes. */
const resize = (x: Value, height: Dim, width: Dim, how: Resized): Value => {
  const dims = [x.dim(0), x.dim(1), height, width];
  const all = x.last !== undefined || dims.every(dim => typeof dim === 'number');
  const to = sizes(x.graph, all ? dims : [height, width]);
  return x.graph.node('Resize', [x, undefined, undefined, to], all ? how : { ...how, axes: [2, 3] }, { dims });
};

/** Pictures of another size, each pixel a copy of floor(i * old / new): x [n, c, h, w] -> [n, c, height, width]. */
export const resizeNearest = (x: Value, height: Dim, width: Dim): Value =>
  resize(x, height, width, { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' });

/** Resized pictures, linear between pixel centres, the edge beyond the outermost: x [n, c, h, w] -> [n, c, height, width]. */
export const resizeLinear = (x: Value, height: Dim, width: Dim): Value =>
  resize(x, height, width, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' });

/** Pictures of twice the size, each pixel four times. */
export const upsampleNearest = (x: Value): Value => {
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  const dims = [x.dim(0), x.dim(1), product([2, x.dim(2)]), product([2, x.dim(3)])];
  return x.graph.node('Resize', [x, undefined, x.graph.constant([1, 1, 2, 2])], attributes, { dims });
};
