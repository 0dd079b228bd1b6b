// What the motion alone cannot show of a frame, synthesised in patches from the key.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import type { Arena, Bytes } from '../kernels/arena.ts';
import type { Link } from './chain.ts';
import { type Lattice, lattice } from './grid-map.ts';
import type { PropagateKernels } from './kernels.ts';
import { layOutLevels } from './levels.ts';
import type { Proposal } from './proposal.ts';
import { openSynthesis, UNIT } from './synthesis.ts';
import type { Warper } from './warper.ts';

const SIZES = 3;
const SMALLEST = 16; // pixels of a level's short side
const DOUBTED = 0.7; // belief below which pixels are synthesised
/**
 * EbSynth energy of the motion's own match above which they are, too. Between two keys only what is plainly wrong (35 levels a pixel),
 * since patches are less steady than motion; a key that is alone must show whatever changes, so much more is synthesised, in two rounds.
 */
const WRONG = { between: 180_000, alone: 12_000 } as const;
const ROUNDS = { between: 1, alone: 2 } as const;
const STAYS = 0.5; // ... times this where the frame before was synthesised: no flicker at the threshold
const MARGIN = 3; // pixels searched around them, so that patches meet the known
const FEATHER = 2; // pixels over which synthesis passes into the warp
const TRUST = 0.7; // most that a synthesised place is believed
const NOISE = 8; // levels of guide difference that are believed without question
const RANGE = 24; // levels above that: no belief left
/** 25 pixels of 3 channels with weight 2: what turns an energy into levels squared. */
const WEIGHT = 150;

/** Regions for pictures of a size on a grid. */
export const layOutRepair = (arena: Arena, size: Grid, grid: Grid) => {
  const count = size.width * size.height;
  return {
    levels: layOutLevels(arena, size, SIZES, SMALLEST),
    earlier: arena.words(2 * count),
    earlierActive: arena.bytes(count),
    there: arena.floats(2 * count),
    cells: arena.integers(count),
    belief: arena.floats(grid.width * grid.height),
    sums: arena.floats(grid.width * grid.height),
    counts: arena.floats(grid.width * grid.height),
    need: arena.bytes(count),
    needBefore: arena.bytes(count),
    rows: arena.bytes(count),
    feather: arena.bytes(count),
  };
};

export type Repair = {
  /** Begins a walk away from a key: its source and its stylised picture; `alone` when no other key shares the interval. */
  begin(source: Picture, style: Picture, alone: boolean): void;
  /**
   * Completes what the motion shows of a frame, in `warped` itself; the proposal's arrays are reused by the call after.
   * @param step the motion to the frame before
   * @param number of the frame in its interval
   */
  complete(warped: Bytes, frame: Picture, link: Link, step: Float32Array, number: number): Proposal;
};

/** Nearest grid cell of every pixel, into `cells`. */
const fillCells = (cells: Int32Array, { grid, columns, rows }: Lattice, width: number, height: number): void => {
  for (let y = 0, p = 0; y < height; y++) {
    const row = grid.width * Math.min(grid.height - 1, Math.floor((y + 0.5) / rows.pixels));
    for (let x = 0; x < width; x++, p++) cells[p] = row + Math.min(grid.width - 1, Math.floor((x + 0.5) / columns.pixels));
  }
};

export const openRepair = (
  kernels: PropagateKernels,
  { levels, earlier, earlierActive, there, cells, need, rows, feather, ...regions }: ReturnType<typeof layOutRepair>,
  warper: Warper,
  { width, height }: Grid,
  grid: Grid,
  /** Whether proposals say what was synthesised. */
  notes = false,
): Repair => {
  const synthesis = openSynthesis(kernels, levels, earlier, earlierActive);
  const { finest } = synthesis;
  fillCells(cells.data, lattice(width, height, grid), width, height);
  let first = true;
  let role: keyof typeof WRONG = 'between';

  /** Marks what has to be synthesised; whether there is anything. */
  const mark = (belief: Float32Array): boolean => {
    regions.needBefore.data.set(need.data);
    regions.belief.data.set(belief);
    const on = [finest.distances.at, cells.at, regions.belief.at, first ? 0 : there.at, regions.needBefore.at, width, height] as const;
    return kernels.mark(...on, DOUBTED, UNIT * WRONG[role], UNIT * STAYS * WRONG[role], need.at) !== 0;
  };

  /** The marked frame's belief, raised where what was synthesised is believed more than the motion. */
  const believe = (): Float32Array => {
    const on = [need.at, finest.distances.at, cells.at, width * height, grid.width * grid.height] as const;
    kernels.believe(...on, UNIT * WEIGHT, NOISE, RANGE, TRUST, regions.sums.at, regions.counts.at, regions.belief.at);
    return regions.belief.data;
  };

  return {
    begin: (source, style, alone) => {
      role = alone ? 'alone' : 'between';
      synthesis.setKey(source, style);
      first = true;
    },
    complete: (warped, frame, { map, belief, residual }, step, number) => {
      synthesis.setFrame(frame);
      warper.places(map, finest.places);
      if (!first) warper.places(step, there);
      finest.made.data.set(warped.data);
      synthesis.measure();
      const any = mark(belief);
      if (any) {
        kernels.dilate(need.at, width, height, MARGIN, rows.at, finest.active.at);
        synthesis.synthesise(number, ROUNDS[role], first ? undefined : there);
        kernels.feather(need.at, width, height, FEATHER, rows.at, feather.at);
        kernels.mend(warped.at, finest.made.at, feather.at, width * height);
      } else earlierActive.data.fill(0);
      first = false;
      return { picture: warped.data, belief: any ? believe() : belief, residual, ...(notes && any && { made: feather.data }) };
    },
  };
};
