// How pixels of a picture read a field that lives on its coarser flow grid.
import type { Grid } from '../flow/grid.ts';

/** For every column (or row) of the picture: the grid cell before its centre, and how far it is towards the next, 0..1. */
export type Axis = {
  readonly cell: Int32Array;
  readonly part: Float32Array;
  /** Picture pixels a cell. */
  readonly pixels: number;
};

const axis = (pixels: number, cells: number): Axis => {
  const cell = new Int32Array(pixels);
  const part = new Float32Array(pixels);
  for (let x = 0; x < pixels; x++) {
    const u = Math.min(cells - 1, Math.max(0, ((x + 0.5) * cells) / pixels - 0.5));
    cell[x] = Math.max(0, Math.min(cells - 2, Math.floor(u)));
    part[x] = cells > 1 ? u - cell[x]! : 0;
  }
  return { cell, part, pixels: pixels / cells };
};

/** The lattice that bilinear interpolation from a grid to a picture uses. */
export type Lattice = { readonly grid: Grid; readonly columns: Axis; readonly rows: Axis };

export const lattice = (width: number, height: number, grid: Grid): Lattice => ({
  grid,
  columns: axis(width, grid.width),
  rows: axis(height, grid.height),
});
