// A picture's lattice on a grid as the kernels read it.

import type { Grid } from '../flow/grid.ts';
import type { Arena, Floats, Integers } from '../kernels/arena.ts';
import type { Lattice } from './grid-map.ts';

/** For every column of the picture, then for every row: its cell on the grid, and how far it is towards the next. */
export type LatticeRegions = { readonly cells: Integers; readonly parts: Floats };

export const layOutLattice = (arena: Arena, { width, height }: Grid): LatticeRegions => ({
  cells: arena.integers(width + height),
  parts: arena.floats(width + height),
});

/** Fills the regions in. */
export const setLattice = ({ columns, rows }: Lattice, { cells, parts }: LatticeRegions): void => {
  cells.data.set(columns.cell);
  cells.data.set(rows.cell, columns.cell.length);
  parts.data.set(columns.part);
  parts.data.set(rows.part, columns.part.length);
};
