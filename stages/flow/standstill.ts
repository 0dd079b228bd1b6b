// Where nothing is seen to move is no motion: what a style lays on a plain wall would crawl with a guessed one.
import type { Plane } from '../vision/operators.ts';
import type { Grid } from './grid.ts';
import { workspaceOf } from './workspace.ts';

const RADIUS = 8; // cells: misfits are averaged over 17x17, so that a contour speaks for what is beside it, less their means over 33x33
const FLOOR = 0.25; // levels: what rounding leaves
const NOISE = 0.3; // gain up to which a motion is noise that was fitted
const CLEAR = 1; // gain from which on it is believed
const NEAR = 1.5; // cells: motions twice as long are believed whatever they gain, as plain things move, too

/** What standing still and the motion leave unexplained, levels a cell: of one frame, or means over the frames of an interval. */
export type Misfits = { readonly still: Float32Array; readonly moved: Float32Array };

/** `map` leads from the frame to another, the key (interleaved, cells); both are given by their luma on the grid. */
export const misfitsOf = (map: Float32Array, key: Plane, frame: Plane): Misfits => {
  const { width, height } = frame;
  const { kernels, field, key: from, frame: to, still, moved, rows, sums, means } = workspaceOf(width, height);
  field.data.set(map);
  from.data.set(key.data);
  to.data.set(frame.data);
  kernels.misfits(field.at, from.at, to.at, width, height, RADIUS, still.at, moved.at, rows.at, sums.at, means.at);
  return { still: still.data.slice(), moved: moved.data.slice() };
};

/** mean += weight one, where `mean` is kept over the frames of a walk; changed in place. */
export const addMisfits = (mean: Misfits, one: Misfits, weight: number, { width, height }: Grid): void => {
  const { kernels, rows, means } = workspaceOf(width, height);
  for (const of of ['still', 'moved'] as const) {
    rows.data.set(mean[of]);
    means.data.set(one[of]);
    kernels.accumulate(rows.at, means.at, width * height, weight);
    mean[of].set(rows.data);
  }
};

/**
 * How far motions are believed by what they gain over standing still, 0..1 a cell. Little is gained in plain regions, whose motion is a
 * guess from what moves around them, and where noise looks like motion.
 */
export const gainOf = (misfits: Misfits, { width, height }: Grid): Float32Array => {
  const { kernels, still, moved, rows } = workspaceOf(width, height);
  still.data.set(misfits.still);
  moved.data.set(misfits.moved);
  kernels.shares(still.at, moved.at, width * height, FLOOR, NOISE, CLEAR, rows.at);
  return rows.data.slice();
};

/** Shortens motions to the share that is believed of them; long ones stay. `map` is changed in place. */
export const shorten = (map: Float32Array, gain: Float32Array, { width, height }: Grid): void => {
  const { kernels, field, rows } = workspaceOf(width, height);
  field.data.set(map);
  rows.data.set(gain);
  kernels.shorten(field.at, rows.at, width * height, NEAR);
  map.set(field.data);
};

/** The same by what is gained in this one frame. */
export const standStill = (map: Float32Array, key: Plane, frame: Plane): void =>
  shorten(map, gainOf(misfitsOf(map, key, frame), frame), frame);
