// What a picture leaves open of its motion is taken from around: a plain part goes with the contours of its surface, or rests.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { Plane } from '../vision/operators.ts';
import type { FlowKernels } from './kernels.ts';

const RADIUS = 2; // cells: the structure is a mean over 5x5
const NOISE = 2; // levels squared of a frame that is explained
const STIFFNESS = 8; // 1 / cells^2: neighbours of one surface differ by a third of a cell
const REST = 0.1; // 1 / cells^2: what nothing is known of rests, give or take three cells
const EDGE = 8; // levels between neighbouring cells that halve their bond
const TEAR = 1; // cells of motion between them that do
const NEAR = 1.5; // cells: motions twice as long stay as found
const LEVEL = 12; // numbers of a cell of a level

const workspaceOf = whileSizeStays((width, height) => {
  const count = width * height;
  const regions = openArena(arena => ({
    map: arena.floats(2 * count),
    luma: arena.bytes(count),
    structure: arena.floats(3 * count),
    misfit: arena.floats(count),
    rows: arena.floats(count),
    sums: arena.floats(width),
    levels: arena.floats(LEVEL * Math.ceil((width + 16) / 2) * Math.ceil((height + 16) / 2) * 1.5),
  }));
  return { ...regions, kernels: loadKernels<FlowKernels>('flow', regions.memory) };
});

/** How much a picture says of its motion: mean products of its slopes, three planes, levels^2 a cell^2. */
export const structureOf = ({ width, height, data }: Plane): Float32Array => {
  const { kernels, luma, structure, misfit, rows, sums } = workspaceOf(width, height);
  luma.data.set(data);
  kernels.structure(luma.at, width, height, RADIUS, misfit.at, rows.at, sums.at, structure.at);
  return structure.data.slice();
};

/**
 * The motion of a picture as its neighbourhood bears it out: what was found counts across contours, and in plain parts and along contours
 * what is beside. `map` (interleaved, cells) is changed in place.
 * @param structure see {@link structureOf}
 * @param moved what the motion leaves unexplained, levels a cell
 */
export const settle = (map: Float32Array, { width, height, data }: Plane, structure: Float32Array, moved: Float32Array): void => {
  const { kernels, levels, ...regions } = workspaceOf(width, height);
  regions.map.data.set(map);
  regions.luma.data.set(data);
  regions.structure.data.set(structure);
  regions.misfit.data.set(moved);
  kernels.settle(
    regions.map.at,
    regions.luma.at,
    regions.structure.at,
    regions.misfit.at,
    width,
    height,
    NOISE,
    STIFFNESS,
    REST,
    1 / EDGE,
    1 / TEAR ** 2,
    NEAR,
    levels.at,
  );
  map.set(regions.map.data);
};
