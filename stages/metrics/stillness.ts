// How much changes where the source stands still: no motion is estimated, so none can be wrong. Equation: docs/metrics.md.
import type { Picture } from '../../media/frame.ts';
import { means } from './luma.ts';
import type { Both, Couple } from './measure.ts';

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

/**
 * Mean change of a result and of its source over the pixels where the source stands still from one frame to the next, and so does what is
 * around them; levels. Undefined where hardly any do.
 */
export const stillChange = (at: Couple, before: Couple): Both | undefined => {
  const { width, height } = at.source;
  const [source, output] = [change(at.source, before.source), change(at.output, before.output)];
  const stirred = means(source, width, height, RADIUS);
  for (let p = 0; p < stirred.length; p++) stirred[p] = stirred[p]! > QUIET ? 1 : 0;
  const around = means(stirred, width, height, AROUND);
  const sum = { output: 0, source: 0 };
  let count = 0;
  for (let p = 0; p < around.length; p++) {
    if (around[p] !== 0) continue;
    sum.output += output[p]!;
    sum.source += source[p]!;
    count++;
  }
  return count < LEAST * around.length ? undefined : { output: sum.output / count, source: sum.source / count };
};
