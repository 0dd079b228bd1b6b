// How much changes where the source stands still: no motion is estimated, so none can be wrong. Equation: docs/metrics.md.
import type { Picture } from '../../media/frame.ts';
import { means } from './luma.ts';

const QUIET = 1.5; // levels of change that noise and compression make
const RADIUS = 2; // pixels: the change is a mean over 5x5
const AROUND = 4; // pixels: nothing within 9x9 may have changed
const LEAST = 0.01; // of the picture: of smaller still parts nothing is said

/** Mean of the channels of |at - before|, levels a pixel. */
const change = (at: Picture, before: Picture): Float32Array => {
  const out = new Float32Array(at.data.length / 3);
  for (let p = 0, i = 0; p < out.length; p++, i += 3) {
    let sum = 0;
    for (let n = i; n < i + 3; n++) sum += Math.abs(at.data[n]! - before.data[n]!);
    out[p] = sum / 3;
  }
  return out;
};

/** The pixels at which a clip stands still from one frame to the next, and so does what is around them; undefined where hardly any do. */
export const stillParts = (at: Picture, before: Picture): readonly number[] | undefined => {
  const { width, height } = at;
  const stirred = means(change(at, before), width, height, RADIUS);
  for (let p = 0; p < stirred.length; p++) stirred[p] = stirred[p]! > QUIET ? 1 : 0;
  const still = [...means(stirred, width, height, AROUND).entries()].flatMap(([p, share]) => (share === 0 ? [p] : []));
  return still.length < LEAST * stirred.length ? undefined : still;
};

/** Mean change over some pixels, levels. */
export const meanChange = (at: Picture, before: Picture, pixels: readonly number[]): number => {
  const moved = change(at, before);
  return pixels.reduce((sum, p) => sum + moved[p]!, 0) / pixels.length;
};
