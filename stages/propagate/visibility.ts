// Where a warped key frame can be believed, from two independent witnesses: the motion's way back, and the source's own colours.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { PropagateKernels } from './kernels.ts';

const SLACK = 1; // cells that the way there and back may miss the start by
const SLOPE = 0.03; // of the way's length, on top
const FORGIVEN = 0.8; // cells of misalignment that a colour difference may come from
const NOISE = 7; // levels of colour difference that are believed without question
const DOUBT = 20; // levels above that: no belief left

/** Sums over 3x3 cells, edges repeated. */
const box3 = (from: Float32Array, width: number, height: number, row: Float32Array, out: Float32Array): void => {
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) {
      row[at + x] = from[at + (x > 0 ? x - 1 : 0)]! + from[at + x]! + from[at + (x < width - 1 ? x + 1 : x)]!;
    }
  }
  for (let y = 0; y < height; y++) {
    const [above, at, below] = [(y > 0 ? y - 1 : 0) * width, y * width, (y < height - 1 ? y + 1 : y) * width];
    for (let x = 0; x < width; x++) out[at + x] = row[above + x]! + row[at + x]! + row[below + x]!;
  }
};

/** Scratch planes of one grid, so that nothing is allocated for each frame. */
export type VisibilityScratch = { readonly gap: Float32Array; readonly row: Float32Array };

export const visibilityScratch = ({ width, height }: Grid): VisibilityScratch => ({
  gap: new Float32Array(width * height),
  row: new Float32Array(width * height),
});

const witnessOf = whileSizeStays((width, height) => {
  const count = width * height;
  const regions = openArena(arena => ({
    toKey: arena.floats(2 * count),
    fromKey: arena.floats(2 * count),
    key: arena.bytes(3 * count),
    frame: arena.bytes(3 * count),
    belief: arena.floats(count),
    gap: arena.floats(count),
    edge: arena.floats(count),
  }));
  return { ...regions, kernels: loadKernels<PropagateKernels>('propagate', regions.memory) };
});

/**
 * Belief in the key at every cell of a frame, 0..1, and the colour residual in levels.
 * `toKey` leads from the frame to the key and `fromKey` back (interleaved, cells); `key` and `frame` are the sources on the grid.
 * A colour difference counts as far as it exceeds what 0.8 cells of misalignment would cause at the frame's own gradients.
 */
export const visibility = (
  toKey: Float32Array,
  fromKey: Float32Array,
  key: Picture,
  frame: Picture,
  { gap, row }: VisibilityScratch,
  belief: Float32Array,
  residual: Float32Array,
): void => {
  const { width, height } = frame;
  const { kernels, toKey: there, fromKey: back, key: from, frame: to, ...found } = witnessOf(width, height);
  there.data.set(toKey);
  back.data.set(fromKey);
  from.data.set(key.data);
  to.data.set(frame.data);
  kernels.witness(there.at, back.at, from.at, to.at, width, height, SLOPE, SLACK, found.belief.at, found.gap.at, found.edge.at);
  belief.set(found.belief.data);
  const edge = found.edge.data;
  box3(found.gap.data, width, height, row, residual);
  box3(edge, width, height, row, gap);
  for (let p = 0; p < belief.length; p++) {
    residual[p] = residual[p]! / 9;
    const excess = residual[p]! - NOISE - (FORGIVEN * gap[p]!) / 9;
    if (excess > 0) belief[p] = belief[p]! * (excess >= DOUBT ? 0 : 1 - excess / DOUBT);
  }
  box3(belief, width, height, row, gap);
  for (let p = 0; p < belief.length; p++) belief[p] = Math.min(belief[p]!, gap[p]! / 9); // feathered inwards
};
