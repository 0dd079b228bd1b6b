// Mixes what the two keys say of a frame; where neither can be believed, the fallback.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import type { Arena, Floats } from '../kernels/arena.ts';
import { COLOUR_MAP_FLOATS, type ColourMap } from './colour-map.ts';
import { coarseGrid, styleRest } from './fallback.ts';
import { type Lattice, lattice } from './grid-map.ts';
import type { PropagateKernels } from './kernels.ts';
import { type LatticeRegions, layOutLattice, setLattice } from './lattice-regions.ts';
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

/** Regions of a blend for pictures of a size with motion on a grid. */
export const layOutBlend = (arena: Arena, { width, height }: Grid, grid: Grid) => {
  const coarse = coarseGrid(grid);
  return {
    early: arena.bytes(4 * width * height),
    late: arena.bytes(4 * width * height),
    mixed: arena.bytes(3 * width * height),
    frame: arena.bytes(3 * width * height),
    first: arena.floats(grid.width * grid.height),
    last: arena.floats(grid.width * grid.height),
    row: arena.doubles(2 * grid.width + 2),
    colours: arena.floats(COLOUR_MAP_FLOATS + 1), // the last point is read with its neighbour
    rest: arena.floats(4 * coarse.width * coarse.height),
    ...layOutLattice(arena, { width, height }),
    fallback: arena.integers(7),
  };
};

/** For each pixel, what a sharpening of the mix wants to know. */
export type Seams = {
  /** Whose detail is shown: 0 the first key's, 1 the last key's. */
  readonly side: Floats;
  /** The keys' part in the pixel, 0..1; the rest is the fallback's. */
  readonly trust: Floats;
};

/**
 * The frame's picture out of one or two proposals, RGB. `nearness` is its place between the keys, 0 at the first, 1 at the last.
 * A key's say falls with the distance in time and with the colour residual, and rises with belief. Fills in `seams` where they are given.
 * The pictures lie in the regions `early`, `late` and `mixed` until the next call.
 */
export type Blend = (
  first: Proposal,
  last: Proposal | undefined,
  nearness: number,
  frame: Picture,
  colours: ColourMap,
  seams?: Seams,
) => Uint8Array<ArrayBuffer>;

/** @param on the picture's lattice on the grid, as the warper has it */
export const openBlend = (
  kernels: PropagateKernels,
  regions: ReturnType<typeof layOutBlend>,
  on: LatticeRegions,
  { width, height }: Grid,
  grid: Grid,
): Blend => {
  const { early, late, mixed, row, rest, cells, parts, fallback, ...shares } = regions;
  const fine = lattice(width, height, grid);
  const coarse = lattice(width, height, coarseGrid(grid));
  setLattice(coarse, { cells, parts });
  fallback.data.set([regions.frame.at, regions.colours.at, rest.at, coarse.grid.width, coarse.grid.height, cells.at, parts.at]);
  return (first, last, nearness, frame, colours, seams) => {
    const { first: a, last: b, lost } = sharesOf(first, last, nearness);
    shares.first.data.set(a);
    shares.last.data.set(b);
    early.data.set(first.picture);
    if (last) late.data.set(last.picture);
    if (lost) {
      regions.frame.data.set(frame.data);
      regions.colours.data.set(colours);
      rest.data.set(styleRest(last ? [first, last] : [first], frame, colours, fine));
    }
    kernels.blend(
      early.at,
      last ? late.at : early.at,
      shares.first.at,
      shares.last.at,
      grid.width,
      grid.height,
      width,
      height,
      on.cells.at,
      on.parts.at,
      row.at,
      lost ? fallback.at : 0,
      seams?.side.at ?? 0,
      seams?.trust.at ?? 0,
      mixed.at,
    );
    return mixed.data.slice();
  };
};
