// How still a clip stands once its source's motion is taken out: warp error and flicker. Equations: docs/metrics.md.
import type { Picture } from '../../media/frame.ts';
import { type Sampler, sampleAt } from './sampler.ts';

/**
 * Warp error: mean over the pixels visible in the frame before, and over the channels, of ((x_t(p) - x_{t-1}(p + f(p))) / 255)^2.
 * Undefined when no pixel is visible.
 */
export const warpError = (at: Picture, before: Picture, toBefore: Sampler): number | undefined => {
  const { width, data } = at;
  let sum = 0;
  let visible = 0;
  for (let p = 0; p < toBefore.from.length; p++) {
    if (toBefore.from[p]! < 0) continue;
    visible++;
    for (let c = 0; c < 3; c++) {
      const d = data[3 * p + c]! - sampleAt(before.data, toBefore, p, width, 3, c);
      sum += d * d;
    }
  }
  return visible === 0 ? undefined : sum / (3 * visible * 255 * 255);
};

/**
 * Flicker: mean over the pixels visible in both neighbours of |y_t(p) - (y_{t-1}(p + f(p)) + y_{t+1}(p + b(p))) / 2|, levels.
 * A change that goes on evenly (a fade, a moving shadow's slope) cancels; what jumps there and back does not.
 */
export const flicker = (
  at: Float32Array,
  before: Float32Array,
  after: Float32Array,
  toBefore: Sampler,
  toAfter: Sampler,
  width: number,
): number | undefined => {
  let sum = 0;
  let visible = 0;
  for (let p = 0; p < at.length; p++) {
    if (toBefore.from[p]! < 0 || toAfter.from[p]! < 0) continue;
    visible++;
    sum += Math.abs(at[p]! - (sampleAt(before, toBefore, p, width) + sampleAt(after, toAfter, p, width)) / 2);
  }
  return visible === 0 ? undefined : sum / visible;
};

/** Share of the pixels that are visible in the neighbour. */
export const visibleShare = ({ from }: Sampler): number => {
  let visible = 0;
  for (const q of from) if (q >= 0) visible++;
  return visible / from.length;
};
