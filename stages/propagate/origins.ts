// Where the pixels of a frame between key frames come from: a picture for people, of what `blend` mixes.
import type { Picture } from '../../media/frame.ts';
import { sharesOf } from './blend.ts';
import type { Lattice } from './grid-map.ts';
import type { Proposal } from './proposal.ts';

/** RGB. */
export const ORIGIN_COLOURS = {
  /** Warped from the key before. */
  first: [236, 148, 54],
  /** Warped from the key behind. */
  last: [64, 132, 214],
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
  { grid, columns, rows }: Lattice,
): Uint8Array<ArrayBuffer> => {
  const shares = sharesOf(first, last, nearness);
  const out = new Uint8ClampedArray(frame.data.length);
  for (let y = 0, p = 0; y < frame.height; y++) {
    for (let x = 0; x < frame.width; x++, p++) {
      const cell = grid.width * rows.cell[y]! + Math.min(grid.width - 1, columns.cell[x]!);
      const [a, b] = [shares.first[cell]!, shares.last[cell]!];
      const [madeA, madeB] = [(first.made?.[p] ?? 0) / 255, (last?.made?.[p] ?? 0) / 255];
      const mixed = { first: a * (1 - madeA), last: b * (1 - madeB), made: a * madeA + b * madeB, neither: 1 - a - b };
      const [red, green, blue] = [frame.data[3 * p]!, frame.data[3 * p + 1]!, frame.data[3 * p + 2]!];
      const shade = DARKEST + ((1 - DARKEST) * (0.299 * red + 0.587 * green + 0.114 * blue)) / 255;
      for (let c = 0; c < 3; c++) {
        let colour = 0;
        for (const [name, share] of Object.entries(mixed)) colour += share * ORIGIN_COLOURS[name as keyof typeof mixed][c]!;
        out[3 * p + c] = shade * colour;
      }
    }
  }
  return new Uint8Array(out.buffer);
};
