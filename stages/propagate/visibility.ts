// Where a warped key frame can be believed, from two independent witnesses: the motion's way back, and the source's own colours.
import type { Picture } from '../../media/frame.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { PropagateKernels } from './kernels.ts';

const SLACK = 1; // cells that the way there and back may miss the start by
const SLOPE = 0.03; // of the way's length, on top
const FORGIVEN = 0.8; // cells of misalignment that a colour difference may come from
const NOISE = 7; // levels of colour difference that are believed without question
const DOUBT = 20; // levels above that: no belief left

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
    row: arena.floats(count),
    sums: arena.floats(count),
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
  belief: Float32Array,
  residual: Float32Array,
): void => {
  const { width, height } = frame;
  const { kernels, toKey: there, fromKey: back, key: from, frame: to, row, sums, ...found } = witnessOf(width, height);
  there.data.set(toKey);
  back.data.set(fromKey);
  from.data.set(key.data);
  to.data.set(frame.data);
  const [believed, gap, edge] = [found.belief.at, found.gap.at, found.edge.at];
  kernels.witness(there.at, back.at, from.at, to.at, width, height, SLOPE, SLACK, believed, gap, edge);
  kernels.doubt(believed, gap, edge, width, height, NOISE, FORGIVEN, DOUBT, row.at, sums.at);
  belief.set(found.belief.data);
  residual.set(found.gap.data);
};
