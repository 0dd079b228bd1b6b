// Rerender's choice between the two directions, by their weighted errors.
import { bytes } from '../../models/tensor.ts';

/**
 * Takes the last key's picture (1) where w e_first >= (1 - w) e_last, w = n / (interval - 1), else the first's (0); all 0 at w = 0. `n`
 * counts the frames between the keys from 0. Both errors are those of this very frame (the published program pairs the n-th from the front
 * with the n-th from the back).
 */
export const errorMask = (first: Float32Array, last: Float32Array, n: number, interval: number): Uint8Array => {
  const w = interval > 1 ? n / (interval - 1) : 0;
  return bytes(first.length, p => (w === 0 || w * first[p]! < (1 - w) * last[p]! ? 0 : 1));
};

/** Once the last key's, always the last key's: the larger of both masks. */
export const keepLast = (mask: Uint8Array, earlier: Uint8Array): Uint8Array => mask.map((value, p) => Math.max(value, earlier[p]!));
