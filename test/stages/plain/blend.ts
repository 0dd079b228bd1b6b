// The plain twin of kernels/propagate/blend.ts.

import type { Picture } from '../../../media/frame.ts';
import { mapColour } from '../../../stages/propagate/colour-map.ts';
import { coarseGrid } from '../../../stages/propagate/fallback.ts';
import { type Lattice, lattice } from '../../../stages/propagate/grid-map.ts';

const NEGLIGIBLE = 0.004;
const HASTE = 3;

/** A fallback's colour map and rest; the frame is the one that is made. */
type Fallback = { readonly colours: Float32Array; readonly rest: Float32Array };

export type Blended = { readonly picture: Uint8ClampedArray; readonly side: Float32Array; readonly trust: Float32Array };

const alongRow = (field: Float32Array, { grid, rows }: Lattice, y: number): Float32Array => {
  const top = grid.width * rows.cell[y]!;
  const low = grid.height > 1 ? top + grid.width : top;
  const out = new Float32Array(grid.width + 1);
  for (let n = 0; n < grid.width; n++) out[n] = field[top + n]! + rows.part[y]! * (field[low + n]! - field[top + n]!);
  out[grid.width] = out[grid.width - 1]!;
  return out;
};

const fallbackOf = ({ colours, rest }: Fallback, frame: Picture, on: Lattice) => {
  const coarse = lattice(frame.width, frame.height, coarseGrid(on.grid));
  const { width, height } = coarse.grid;
  const next = width > 1 ? 4 : 0;
  const below = height > 1 ? 4 * width : 0;
  return (x: number, y: number): Float32Array => {
    const out = new Float32Array(3);
    const s = coarse.columns.part[x]!;
    const t = coarse.rows.part[y]!;
    const p = 4 * (coarse.rows.cell[y]! * width + coarse.columns.cell[x]!);
    mapColour(colours, frame.data, 3 * (y * frame.width + x), out);
    for (let c = 0; c < 3; c++) {
      const top = rest[p + c]! + s * (rest[p + next + c]! - rest[p + c]!);
      const low = rest[p + below + c]! + s * (rest[p + below + next + c]! - rest[p + below + c]!);
      out[c] = out[c]! + top + t * (low - top);
    }
    return out;
  };
};

/** The mix of two RGBA pictures by their shares a cell; see `blend`. */
export const blend = (
  [a, b]: readonly [Uint8Array, Uint8Array],
  [sharesA, sharesB]: readonly [Float32Array, Float32Array],
  frame: Picture,
  on: Lattice,
  fallback: Fallback | undefined,
): Blended => {
  const count = frame.width * frame.height;
  const out = { picture: new Uint8ClampedArray(3 * count), side: new Float32Array(count), trust: new Float32Array(count) };
  const lone = fallback && fallbackOf(fallback, frame, on);
  const { cell, part } = on.columns;
  for (let y = 0, p = 0; y < frame.height; y++) {
    const [rowA, rowB] = [alongRow(sharesA, on, y), alongRow(sharesB, on, y)];
    for (let x = 0; x < frame.width; x++, p++) {
      const n = cell[x]!;
      const s = part[x]!;
      const shareA = rowA[n]! + s * (rowA[n + 1]! - rowA[n]!);
      const shareB = rowB[n]! + s * (rowB[n + 1]! - rowB[n]!);
      const left = 1 - shareA - shareB;
      const other = lone && left > NEGLIGIBLE ? lone(x, y) : undefined;
      for (let c = 0; c < 3; c++) {
        const keys = shareA * a[4 * p + c]! + shareB * b[4 * p + c]!;
        out.picture[3 * p + c] = other ? keys + left * other[c]! : keys;
      }
      const both = shareA + shareB;
      const late = both > 0 ? shareB / both : 0;
      out.side[p] = Math.min(1, Math.max(0, (late - 0.5) * HASTE + 0.5));
      out.trust[p] = Math.min(1, both);
    }
  }
  return out;
};
