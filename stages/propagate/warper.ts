// The kernels warp the key along the motion, and bring the motion to full size.
import type { Grid } from '../flow/grid.ts';
import type { Arena, Bytes, Floats } from '../kernels/arena.ts';
import { WEIGHTS } from './cubic.ts';
import { lattice } from './grid-map.ts';
import type { PropagateKernels } from './kernels.ts';
import { layOutLattice, setLattice } from './lattice-regions.ts';

/** An RGBA picture with two pixels of its border repeated around it: what the kernels sample. `channels` of `data` a pixel, 3 or 4. */
export const padded = (data: Uint8Array, { width, height }: Grid, channels: 3 | 4, out: Uint8Array): void => {
  const stride = 4 * (width + 4);
  for (let y = 0, at = 0, to = 2 * stride; y < height; y++, to += stride) {
    for (let n = to + 8, end = n + 4 * width; n < end; at += channels, n += 4) {
      out[n] = data[at]!;
      out[n + 1] = data[at + 1]!;
      out[n + 2] = data[at + 2]!;
      out[n + 3] = 255;
    }
    for (let c = 0; c < 4; c++) {
      out[to + c] = out[to + 4 + c] = out[to + 8 + c]!;
      out[to + stride - 4 + c] = out[to + stride - 8 + c] = out[to + stride - 12 + c]!;
    }
  }
  const bottom = (height + 1) * stride;
  for (const to of [0, stride]) out.copyWithin(to, 2 * stride, 3 * stride);
  for (const to of [bottom + stride, bottom + 2 * stride]) out.copyWithin(to, bottom, bottom + stride);
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
