// The plain twin of kernels/propagate/mark.ts.
import type { Grid } from '../../../stages/flow/grid.ts';

export type Marked = {
  readonly distances: Int32Array;
  readonly cells: Int32Array;
  readonly belief: Float32Array;
  /** Places in the frame before, and its marks; undefined where there was none. */
  readonly there: Float32Array | undefined;
  readonly before: Uint8Array;
};

export type Bounds = { readonly least: number; readonly wrong: number; readonly stays: number };

/** Which pixels the motion cannot show; see `mark`. */
export const mark = (
  { distances, cells, belief, there, before }: Marked,
  { width, height }: Grid,
  { least, wrong, stays }: Bounds,
): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, p) => {
    if (belief[cells[p]!]! < least || distances[p]! > wrong) return 1;
    if (!there || distances[p]! <= stays) return 0;
    return before[width * Math.round(there[2 * p + 1]!) + Math.round(there[2 * p]!)]!;
  });
