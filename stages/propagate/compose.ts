// Chains of flow: where a pixel of a frame stood in the key frame, as one displacement.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { PropagateKernels } from './kernels.ts';

const workspaceOf = whileSizeStays((width, height) => {
  const regions = openArena(arena => ({
    step: arena.floats(2 * width * height),
    chain: arena.floats(2 * width * height),
    sum: arena.floats(2 * width * height),
  }));
  return { ...regions, kernels: loadKernels<PropagateKernels>('propagate', regions.memory) };
});

/**
 * Extends a chain by one frame: out(p) = step(p) + chain(p + step(p)).
 * `step` leads from this frame to its neighbour nearer the key, `chain` from there to the key; interleaved x, y in pixels. `chain` is read
 * bilinearly, at the border as its last pixel. Positions are chained and the key is sampled once, so sharpness does not decay.
 */
export const compose = (step: Float32Array, chain: Float32Array, width: number, height: number, out: Float32Array): void => {
  const { kernels, step: first, chain: then, sum } = workspaceOf(width, height);
  first.data.set(step);
  then.data.set(chain);
  kernels.compose(first.at, then.at, width, height, sum.at);
  out.set(sum.data);
};
