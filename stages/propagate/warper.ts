// The kernels warp the key along the motion, and bring the motion to full size.
import type { Grid } from '../flow/grid.ts';
import type { Arena, Bytes, Floats } from '../kernels/arena.ts';
import { WEIGHTS } from './cubic.ts';
import { lattice } from './grid-map.ts';
import type { PropagateKernels } from './kernels.ts';
import { layOutLattice, setLattice } from './lattice-regions.ts';

/** An RGBA picture with two pixels of its border repeated around it: what the kernels sample. `channels` of `data` a pixel, 3 or 4. */
export const padded = (data: Uint8Array, { width, height }: Grid, channels: 3 | 4, out: Uint8Array): void => {
  for (let y = -2, to = 0; y < height + 2; y++) {
    const row = width * Math.min(Math.max(y, 0), height - 1);
    for (let x = -2; x < width + 2; x++, to += 4) {
      const at = channels * (row + Math.min(Math.max(x, 0), width - 1));
      out[to] = data[at]!;
      out[to + 1] = data[at + 1]!;
      out[to + 2] = data[at + 2]!;
      out[to + 3] = 255;
    }
  }
};

export const borderBytes = ({ width, height }: Grid): number => 4 * (width + 4) * (height + 4);

/** Regions of a warper for pictures of a size with motion on a grid. */
export const layOutWarper = (arena: Arena, size: Grid, grid: Grid) => ({
  field: arena.floats(2 * grid.width * grid.height),
  ...layOutLattice(arena, size),
  weights: arena.words(WEIGHTS.length),
  row: arena.doubles(2 * grid.width + 2),
});

export type Warper = {
  /** out(p) = from(p + map(p)), RGBA; `from` has a border (see {@link padded}). `map` in cells of the grid. */
  see(map: Float32Array, from: Bytes, out: Bytes): void;
  /** p + map(p) at every pixel: x, y, clamped to the picture. */
  places(map: Float32Array, out: Floats): void;
};

export const openWarper = (kernels: PropagateKernels, regions: ReturnType<typeof layOutWarper>, size: Grid, grid: Grid): Warper => {
  const { field, cells, parts, weights, row } = regions;
  const { width, height } = size;
  const on = lattice(width, height, grid);
  setLattice(on, { cells, parts });
  weights.data.set(WEIGHTS);
  const there = [width, height, field.at, grid.width, grid.height, cells.at, parts.at, on.columns.pixels, on.rows.pixels] as const;
  return {
    see: (map, from, out) => {
      field.data.set(map);
      kernels.warpCubic(from.at, ...there, weights.at, row.at, out.at);
    },
    places: (map, out) => {
      field.data.set(map);
      kernels.expand(...there, out.at);
    },
  };
};
