// Where nothing is seen to move is no motion: what a style lays on a plain wall would crawl with a guessed one.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { Plane } from '../vision/operators.ts';
import type { FlowKernels } from './kernels.ts';

const RADIUS = 8; // cells: misfits are averaged over 17x17, so that a contour speaks for what is beside it, less their means over 33x33
const FLOOR = 0.25; // levels: what rounding leaves
const NOISE = 0.3; // gain up to which a motion is noise that was fitted
const CLEAR = 1; // gain from which on it is believed
const NEAR = 1.5; // cells: motions twice as long are believed whatever they gain, as plain things move, too

const workspaceOf = whileSizeStays((width, height) => {
  const count = width * height;
  const regions = openArena(arena => ({
    map: arena.floats(2 * count),
    key: arena.bytes(count),
    frame: arena.bytes(count),
    still: arena.floats(count),
    moved: arena.floats(count),
    rows: arena.floats(count),
    sums: arena.floats(width),
    means: arena.floats(count),
  }));
  return { ...regions, kernels: loadKernels<FlowKernels>('flow', regions.memory) };
});

/**
 * Shortens motions that explain a frame no better than standing still does: in plain regions, whose motion is a guess from what moves
 * around them, and where noise looks like motion. `map` leads from the frame to another, the key (interleaved, cells), and is changed in
 * place; both are given by their luma on the grid.
 */
export const standStill = (map: Float32Array, key: Plane, frame: Plane): void => {
  const { width, height } = frame;
  const { kernels, map: field, key: from, frame: to, still, moved, rows, sums, means } = workspaceOf(width, height);
  field.data.set(map);
  from.data.set(key.data);
  to.data.set(frame.data);
  const scratch = [still.at, moved.at, rows.at, sums.at, means.at] as const;
  kernels.standStill(field.at, from.at, to.at, width, height, RADIUS, FLOOR, NOISE, CLEAR, NEAR, ...scratch);
  map.set(field.data);
};
