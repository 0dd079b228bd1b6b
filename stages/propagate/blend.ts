// Mixes what the two keys say of a frame; where neither can be believed, the fallback.
import type { Picture } from '../../media/frame.ts';
import type { ColourMap } from './colour-map.ts';
import { fallbackOf } from './fallback.ts';
import type { Lattice } from './grid-map.ts';
import type { Proposal } from './proposal.ts';

const TOLERANCE = 6; // levels of residual at which a key's say is halved
const RELUCTANCE = 0.02; // say of the fallback where no key is believed; a perfect key next to the frame has 1 / 6
const NEGLIGIBLE = 0.004; // shares below one level of 255

/** Shares of the first and the last key a cell; the rest of 1 is the fallback's. */
type Shares = {
  readonly first: Float32Array;
  readonly last: Float32Array;
  /** Whether the fallback is needed anywhere. */
  readonly lost: boolean;
};

export const sharesOf = (first: Proposal, last: Proposal | undefined, nearness: number): Shares => {
  const count = first.belief.length;
  const shares = { first: new Float32Array(count), last: new Float32Array(count), lost: false };
  for (let p = 0; p < count; p++) {
    const beliefA = first.belief[p]!;
    const beliefB = last ? last.belief[p]! : 0;
    const a = (last ? 1 - nearness : 1) * (beliefA / (first.residual[p]! + TOLERANCE));
    const b = last ? nearness * (beliefB / (last.residual[p]! + TOLERANCE)) : 0;
    const doubt = 1 - Math.max(beliefA, beliefB);
    const f = RELUCTANCE * doubt * doubt;
    const lost = f > NEGLIGIBLE * (a + b);
    const whole = lost ? a + b + f : a + b;
    shares.first[p] = a / whole;
    shares.last[p] = b / whole;
    shares.lost ||= lost;
  }
  return shares;
};

/** A grid field's values along one row of the picture, at grid columns; the last one repeated. */
export const alongRow = (field: Float32Array, { grid, rows }: Lattice, y: number, out: Float32Array): void => {
  const top = grid.width * rows.cell[y]!;
  const low = grid.height > 1 ? top + grid.width : top;
  const t = rows.part[y]!;
  for (let n = 0; n < grid.width; n++) out[n] = field[top + n]! + t * (field[low + n]! - field[top + n]!);
  out[grid.width] = out[grid.width - 1]!;
};

/** For each pixel, what a sharpening of the mix wants to know; written by {@link blend}. */
export type Seams = {
  /** Whose detail is shown: 0 the first key's, 1 the last key's. */
  readonly side: Float32Array;
  /** The keys' part in the pixel, 0..1; the rest is the fallback's. */
  readonly trust: Float32Array;
};

/** How fast detail changes from one key to the other: over a third of what the colours take. */
const HASTE = 3;

/**
 * The frame's picture out of one or two proposals. `nearness` is its place between the keys, 0 at the first, 1 at the last.
 * A key's say falls with the distance in time and with the colour residual, and rises with belief.
 */
export const blend = (
  first: Proposal,
  last: Proposal | undefined,
  nearness: number,
  frame: Picture,
  colours: ColourMap,
  on: Lattice,
  seams?: Seams,
): Uint8Array<ArrayBuffer> => {
  const shares = sharesOf(first, last, nearness);
  const fallback = shares.lost ? fallbackOf(last ? [first, last] : [first], frame, colours, on) : undefined;
  const out = new Uint8ClampedArray(frame.data.length);
  const a = first.picture;
  const b = (last ?? first).picture;
  const [rowA, rowB] = [new Float32Array(on.grid.width + 1), new Float32Array(on.grid.width + 1)];
  const lone = new Float32Array(3);
  const { cell, part } = on.columns;
  for (let y = 0, at = 0, from = 0; y < frame.height; y++) {
    alongRow(shares.first, on, y, rowA);
    alongRow(shares.last, on, y, rowB);
    for (let x = 0; x < frame.width; x++, at += 3, from += 4) {
      const n = cell[x]!;
      const s = part[x]!;
      const shareA = rowA[n]! + s * (rowA[n + 1]! - rowA[n]!);
      const shareB = rowB[n]! + s * (rowB[n + 1]! - rowB[n]!);
      let red = shareA * a[from]! + shareB * b[from]!;
      let green = shareA * a[from + 1]! + shareB * b[from + 1]!;
      let blue = shareA * a[from + 2]! + shareB * b[from + 2]!;
      const shareF = 1 - shareA - shareB;
      if (fallback && shareF > NEGLIGIBLE) {
        fallback(x, y, at, lone);
        red += shareF * lone[0]!;
        green += shareF * lone[1]!;
        blue += shareF * lone[2]!;
      }
      if (seams) {
        const keys = shareA + shareB;
        const late = keys > 0 ? shareB / keys : 0;
        seams.side[at / 3] = Math.min(1, Math.max(0, (late - 0.5) * HASTE + 0.5));
        seams.trust[at / 3] = Math.min(1, keys);
      }
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
    }
  }
  return new Uint8Array(out.buffer);
};
