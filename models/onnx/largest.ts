// The largest of what a run computes, which decides whether a device has room for it.
import { product, type Sizes, sizeOf } from './dims.ts';
import type { DType } from './model-proto.ts';
import { type Call, readingInputs } from './products.ts';
import type { Value } from './value.ts';

const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/**
 * The value with the most bytes, and the layer that makes it; values whose size the `sizes` do not tell are left out. Attention's scores
 * are among them where attention is written out.
 */
export const largestOf = (
  calls: readonly (Call & { readonly name: string })[],
  isConstant: (value: Value) => boolean,
  sizes: Sizes = {},
): { readonly name: string; readonly bytes: number } | undefined => {
  let largest: { readonly name: string; readonly bytes: number } | undefined;
  for (const { name, outputs } of readingInputs(calls, isConstant)) {
    for (const { dims, dtype } of outputs) {
      const count = sizeOf(product(dims), sizes);
      const bytes = count === undefined ? 0 : count * BYTES[dtype];
      if (bytes > (largest?.bytes ?? 0)) largest = { name, bytes };
    }
  }
  return largest;
};
