// What to show where no key can be believed: the source's own pixel in the colours that the style gives to it and to its surroundings.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { type ColourMap, mapColour } from './colour-map.ts';
import { spread } from './fill.ts';
import type { Lattice } from './grid-map.ts';
import type { Proposal } from './proposal.ts';

const COARSE = 4; // cells of the flow grid to one of the rest's, each way: what the map misses changes slowly
const SAMPLED = 2; // every second cell is looked at

/** The grid of what the colour map misses. */
export const coarseGrid = ({ width, height }: Grid): Grid => ({ width: Math.ceil(width / COARSE), height: Math.ceil(height / COARSE) });

/**
 * What the colour map misses of the style: known where a key is believed, spread into the rest. Four floats a cell of the coarse grid.
 * The fallback adds it, bilinear, to what the map makes of the frame's own pixels.
 */
export const styleRest = (
  proposals: readonly Proposal[],
  frame: Picture,
  colours: ColourMap,
  { grid, columns, rows }: Lattice,
): Float32Array => {
  const coarse = coarseGrid(grid);
  const sums = new Float32Array(4 * coarse.width * coarse.height);
  const mapped = new Float32Array(3);
  const share = (SAMPLED / COARSE) ** 2 / proposals.length;
  for (let j = 0; j < grid.height; j += SAMPLED) {
    const y = Math.min(frame.height - 1, Math.floor((j + 0.5) * rows.pixels));
    for (let i = 0; i < grid.width; i += SAMPLED) {
      const pixel = y * frame.width + Math.min(frame.width - 1, Math.floor((i + 0.5) * columns.pixels));
      const to = 4 * (Math.floor(j / COARSE) * coarse.width + Math.floor(i / COARSE));
      mapColour(colours, frame.data, 3 * pixel, mapped);
      for (const { picture, belief } of proposals) {
        const trust = belief[j * grid.width + i]!;
        const w = share * trust * trust;
        for (let c = 0; c < 3; c++) sums[to + c] = sums[to + c]! + w * (picture[4 * pixel + c]! - mapped[c]!);
        sums[to + 3] = sums[to + 3]! + w;
      }
    }
  }
  spread(coarse, sums);
  return sums;
};
