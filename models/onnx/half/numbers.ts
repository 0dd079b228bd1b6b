// Numbers in half precision (16 bits) among those in single precision (float32), and what operands of both kinds become.
import type { Value } from '../value.ts';

const DATA_TYPE = { float32: 1, float16: 10 } as const; // TensorProto.DataType

const casts = new WeakMap<Value, Value>();

const cast = (x: Value, dtype: 'float16' | 'float32'): Value => {
  if (x.dtype === dtype) return x;
  const other = casts.get(x) ?? x.graph.node('Cast', [x], { to: DATA_TYPE[dtype] }, { dims: x.dims, dtype });
  casts.set(x, other); // once, however many read it
  return other;
};

/** As float32. */
export const single = (x: Value): Value => cast(x, 'float32');

/** In half precision, each number rounded to the nearest. */
export const halved = (x: Value): Value => cast(x, 'float16');

/** Floats in the type of other floats. */
export const typedAs = (x: Value, like: Value): Value => (like.dtype === 'float16' ? halved(x) : x.dtype === 'float16' ? single(x) : x);

/** Operands of one type: float32 beside half precision becomes half. */
export const alike = (values: readonly Value[]): readonly Value[] =>
  values.some(({ dtype }) => dtype === 'float16') ? values.map(value => (value.dtype === 'float32' ? halved(value) : value)) : values;
