// Which pixels of one frame cannot be seen in another: GMFlow's forward-backward test.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { FlowKernels } from './kernels.ts';

const SLOPE = 0.01; // of |f| + |b|, both at the pixel itself, as in GMFlow
const SLACK = 0.5; // pixels

const workspaceOf = whileSizeStays((width, height) => {
  const count = width * height;
  const regions = openArena(arena => ({ f: arena.floats(2 * count), b: arena.floats(2 * count), hidden: arena.bytes(count) }));
  return { ...regions, kernels: loadKernels<FlowKernels>('flow', regions.memory) };
});

/**
 * Which pixels of a frame cannot be seen in another (GMFlow's forward-backward test, Xu et al. 2022):
 *   1 where |f(p) + b(p + f(p))| > 0.01 (|f(p)| + |b(p)|) + 0.5, or where a motion is no number, else 0.
 * @param f, b motion from this frame to the other and back; interleaved x, y in pixels. `b` is read bilinearly, as 0 outside of the frame
 * @returns a byte a pixel
 */
export const occlusion = (f: Float32Array, b: Float32Array, width: number, height: number): Uint8Array<ArrayBuffer> => {
  const { kernels, f: there, b: back, hidden } = workspaceOf(width, height);
  there.data.set(f);
  back.data.set(b);
  kernels.occlusion(there.at, back.at, width, height, SLOPE, SLACK, hidden.at);
  return hidden.data.slice();
};
