// The plain twins of kernels/propagate/mark.ts.
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

export type Trust = { readonly unit: number; readonly noise: number; readonly range: number; readonly trust: number };

/** Belief with what the marked pixels raise; see `believe`. */
export const believe = (
  { distances, cells, belief }: Pick<Marked, 'distances' | 'cells' | 'belief'>,
  marks: Uint8Array,
  { unit, noise, range, trust }: Trust,
): Float32Array => {
  const sum = new Float32Array(belief.length);
  const count = new Float32Array(belief.length);
  for (const [p, cell] of cells.entries()) {
    if (!marks[p]) continue;
    sum[cell] = sum[cell]! + Math.sqrt(distances[p]! / unit);
    count[cell] = count[cell]! + 1;
  }
  return belief.map((motion, cell) =>
    count[cell] === 0 ? motion : Math.max(motion, trust * Math.min(1, Math.max(0, 1 - (sum[cell]! / count[cell]! - noise) / range))),
  );
};
