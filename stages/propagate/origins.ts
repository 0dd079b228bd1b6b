// Where the pixels of a frame between key frames come from: a picture for people, of what `blend` mixes.
import type { Picture } from '../../media/frame.ts';
import { alongRow, sharesOf } from './blend.ts';
import type { Lattice } from './grid-map.ts';
import type { Proposal } from './proposal.ts';

/** RGB. What both keys give is a green between theirs, which no other colour is near. */
export const ORIGIN_COLOURS = {
  /** Warped from the key before. */
  first: [236, 176, 36],
  /** Warped from the key behind. */
  last: [0, 168, 156],
  /** Synthesised in patches of either. */
  made: [214, 56, 160],
  /** The source's own pixel in the colours of the style: neither key shows it. */
  neither: [132, 132, 132],
} as const;

const DARKEST = 0.4; // share of a colour that black pixels of the source have: its shapes show through

/** The four colours by their shares in each pixel, shaded by the source's brightness. Arguments as of `blend`. */
export const originsOf = (
  first: Proposal,
  last: Proposal | undefined,
  nearness: number,
  frame: Picture,
  on: Lattice,
): Uint8Array<ArrayBuffer> => {
  const shares = sharesOf(first, last, nearness);
  const { data } = frame;
  const out = new Uint8ClampedArray(data.length);
  const { first: early, last: late, made, neither } = ORIGIN_COLOURS;
  const [rowA, rowB] = [new Float32Array(on.grid.width + 1), new Float32Array(on.grid.width + 1)];
  const { cell, part } = on.columns;
  for (let y = 0, p = 0; y < frame.height; y++) {
    alongRow(shares.first, on, y, rowA);
    alongRow(shares.last, on, y, rowB);
    for (let x = 0; x < frame.width; x++, p++) {
      const n = cell[x]!;
      const a = rowA[n]! + part[x]! * (rowA[n + 1]! - rowA[n]!);
      const b = rowB[n]! + part[x]! * (rowB[n + 1]! - rowB[n]!);
      const madeA = (a * (first.made?.[p] ?? 0)) / 255;
      const madeB = (b * (last?.made?.[p] ?? 0)) / 255;
      const brightness = 0.299 * data[3 * p]! + 0.587 * data[3 * p + 1]! + 0.114 * data[3 * p + 2]!;
      const shade = DARKEST + ((1 - DARKEST) * brightness) / 255;
      for (let c = 0; c < 3; c++) {
        out[3 * p + c] =
          shade * ((a - madeA) * early[c]! + (b - madeB) * late[c]! + (madeA + madeB) * made[c]! + (1 - a - b) * neither[c]!);
      }
    }
  }
  return new Uint8Array(out.buffer);
};
