// Where the source stands still, the key is not moved: a texture that a style laid there would crawl otherwise.
import type { Picture } from '../../media/frame.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import type { PropagateKernels } from './kernels.ts';

const RADIUS = 4; // cells: twice a mean over 9x9, so that a contour that moves speaks for 8 cells around it
const SAME = 0.25; // levels that standing still may fit worse and be believed: what a motion fits of the noise
const WORSE = 1; // levels from which on the motion is believed
const NEAR = 1.5; // cells: motions twice as long are believed whatever they fit, as plain things move, too

const open = (width: number, height: number) => {
  const count = width * height;
  const regions = openArena(arena => ({
    map: arena.floats(2 * count),
    key: arena.bytes(3 * count),
    frame: arena.bytes(3 * count),
    losses: arena.floats(count),
    rows: arena.floats(count),
    sums: arena.floats(width),
    means: arena.floats(count),
  }));
  return { ...regions, width, height, kernels: loadKernels<PropagateKernels>('propagate', regions.memory) };
};

let opened: ReturnType<typeof open> | undefined; // a thread works on one grid after another, mostly on one alone

/**
 * Shortens motions that explain a frame no better than standing still does: in plain regions, whose motion is a guess from what moves
 * around them, and where noise looks like motion. `map` leads from the frame to the key (interleaved, cells) and is changed in place;
 * `key` and `frame` are the sources on the grid.
 */
export const standStill = (map: Float32Array, key: Picture, frame: Picture): void => {
  const { width, height } = frame;
  if (opened?.width !== width || opened.height !== height) opened = open(width, height);
  const { kernels, losses, rows, sums, means, ...given } = opened;
  given.map.data.set(map);
  given.key.data.set(key.data);
  given.frame.data.set(frame.data);
  const scratch = [losses.at, rows.at, sums.at, means.at] as const;
  kernels.standStill(given.map.at, given.key.at, given.frame.at, width, height, RADIUS, SAME, WORSE, NEAR, ...scratch);
  map.set(given.map.data);
};
