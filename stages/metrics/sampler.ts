// Where the pixels of a frame stand in its neighbour, and which of them are visible there.
import type { FlowPair } from '../flow/estimate.ts';
import { type Grid, resizeFlow } from '../flow/grid.ts';

/**
 * Motion from a frame to its neighbour: a flow field (interleaved x,
 * y in cells) and one byte a cell that is 1 where the neighbour hides it.
 */
export type Motion = Grid & { readonly flow: Float32Array; readonly hidden: Uint8Array };

/** Motion from the first frame of a pair to the second. */
export const motionToSecond = ({ width, height, forward, hiddenInSecond }: FlowPair): Motion => ({
  width,
  height,
  flow: forward,
  hidden: hiddenInSecond,
});

/** Motion from the second frame of a pair to the first. */
export const motionToFirst = ({ width, height, backward, hiddenInFirst }: FlowPair): Motion => ({
  width,
  height,
  flow: backward,
  hidden: hiddenInFirst,
});

/**
 * For every pixel: the top left of the four pixels around its place in the neighbour (-1 where it is not visible) and the way to the
 * next, 0..1.
 */
export type Sampler = { readonly from: Int32Array; readonly right: Float32Array; readonly down: Float32Array };

/** @param width, height pixels of the frames, at least 2x2 */
export const sampler = (motion: Motion, width: number, height: number): Sampler => {
  const flow = resizeFlow(motion.flow, motion, { width, height });
  const from = new Int32Array(width * height);
  const right = new Float32Array(width * height);
  const down = new Float32Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    const row = Math.min(motion.height - 1, Math.floor((y * motion.height) / height)) * motion.width;
    for (let x = 0; x < width; x++, p++) {
      const u = x + flow[2 * p]!;
      const v = y + flow[2 * p + 1]!;
      const cell = row + Math.min(motion.width - 1, Math.floor((x * motion.width) / width));
      if (motion.hidden[cell] !== 0 || !(u >= 0 && v >= 0 && u <= width - 1 && v <= height - 1)) {
        from[p] = -1;
        continue;
      }
      const i = Math.min(width - 2, Math.floor(u));
      const j = Math.min(height - 2, Math.floor(v));
      from[p] = j * width + i;
      right[p] = u - i;
      down[p] = v - j;
    }
  }
  return { from, right, down };
};

/** The neighbour's plane at a pixel's place, bilinear. `channels` values a pixel, of which `c` is read. */
export const sampleAt = (
  plane: Float32Array | Uint8Array,
  { from, right, down }: Sampler,
  p: number,
  width: number,
  channels = 1,
  c = 0,
): number => {
  const q = channels * from[p]! + c;
  const r = q + channels * width;
  const s = right[p]!;
  const top = plane[q]! + s * (plane[q + channels]! - plane[q]!);
  const low = plane[r]! + s * (plane[r + channels]! - plane[r]!);
  return top + down[p]! * (low - top);
};
