// What to show where no key can be believed: the source's own pixel in the colours that the style gives to it and to its surroundings.
import type { Picture } from '../../media/frame.ts';
import { type ColourMap, mapColour } from './colour-map.ts';
import { spread } from './fill.ts';
import { type Lattice, lattice } from './grid-map.ts';
import type { Proposal } from './proposal.ts';

const COARSE = 4; // cells of the flow grid to one of the rest's, each way: what the map misses changes slowly
const SAMPLED = 2; // every second cell is looked at

/** A stylised pixel for any place of the frame: writes RGB levels (not clamped) to `out`. `at` is the pixel's first byte. */
export type Fallback = (x: number, y: number, at: number, out: Float32Array) => void;

/** What the colour map misses of the style: known where a key is believed, spread into the rest. Four floats a coarse cell. */
const styleRest = (
  proposals: readonly Proposal[],
  frame: Picture,
  colours: ColourMap,
  { grid, columns, rows }: Lattice,
  coarse: Lattice,
): Float32Array => {
  const sums = new Float32Array(4 * coarse.grid.width * coarse.grid.height);
  const mapped = new Float32Array(3);
  const share = (SAMPLED / COARSE) ** 2 / proposals.length;
  for (let j = 0; j < grid.height; j += SAMPLED) {
    const y = Math.min(frame.height - 1, Math.floor((j + 0.5) * rows.pixels));
    for (let i = 0; i < grid.width; i += SAMPLED) {
      const pixel = y * frame.width + Math.min(frame.width - 1, Math.floor((i + 0.5) * columns.pixels));
      const to = 4 * (Math.floor(j / COARSE) * coarse.grid.width + Math.floor(i / COARSE));
      mapColour(colours, frame.data, 3 * pixel, mapped);
      for (const { picture, belief } of proposals) {
        const trust = belief[j * grid.width + i]!;
        const w = share * trust * trust;
        for (let c = 0; c < 3; c++) sums[to + c] = sums[to + c]! + w * (picture[4 * pixel + c]! - mapped[c]!);
        sums[to + 3] = sums[to + 3]! + w;
      }
    }
  }
  spread(coarse.grid, sums);
  return sums;
};

export const fallbackOf = (proposals: readonly Proposal[], frame: Picture, colours: ColourMap, on: Lattice): Fallback => {
  const size = { width: Math.ceil(on.grid.width / COARSE), height: Math.ceil(on.grid.height / COARSE) };
  const coarse = lattice(frame.width, frame.height, size);
  const rest = styleRest(proposals, frame, colours, on, coarse);
  const next = size.width > 1 ? 4 : 0;
  const below = size.height > 1 ? 4 * size.width : 0;
  return (x, y, at, out) => {
    const s = coarse.columns.part[x]!;
    const t = coarse.rows.part[y]!;
    const p = 4 * (coarse.rows.cell[y]! * size.width + coarse.columns.cell[x]!);
    mapColour(colours, frame.data, at, out);
    for (let c = 0; c < 3; c++) {
      const top = rest[p + c]! + s * (rest[p + next + c]! - rest[p + c]!);
      const low = rest[p + below + c]! + s * (rest[p + below + next + c]! - rest[p + below + c]!);
      out[c] = out[c]! + top + t * (low - top);
    }
  };
};
