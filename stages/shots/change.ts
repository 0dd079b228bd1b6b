// How much a frame changes what there is to draw: what comes into view, and how far everything moves.
import type { Picture } from '../../media/frame.ts';
import { lumaAt } from '../../media/luma.ts';
import { occlusion } from '../flow/consistency.ts';
import { inverseSearch } from '../flow/inverse-search.ts';
import type { Plane } from '../vision/operators.ts';

/**
 * Share of the picture that may come into view between two key frames, and mean motion, as a share of the short side,
 * that is worth as much.
 */
const NEW = 0.12;
const MOTION = 0.2;

const BIN = 2; // pixels each way to one of the plane that motion is looked for in

/** Luma of a small picture, halved. */
const halfLuma = ({ width, height, data }: Picture): Plane => {
  const [w, h] = [Math.max(1, Math.floor(width / BIN)), Math.max(1, Math.floor(height / BIN))];
  const out = new Uint8Array(w * h);
  for (let y = 0, p = 0; y < h; y++) {
    for (let x = 0; x < w; x++, p++) {
      let sum = 0;
      for (let n = 0; n < BIN * BIN; n++) {
        const at = 3 * (Math.min(height - 1, BIN * y + (n >> 1)) * width + Math.min(width - 1, BIN * x + (n & 1)));
        sum += lumaAt(data, at);
      }
      out[p] = Math.round(sum / (BIN * BIN));
    }
  }
  return { width: w, height: h, data: out };
};

/**
 * A function that takes one frame after another (small, as cuts are looked for) and returns the change from the frame before: 1 when so
 * much has come into view or moved that a new key frame is due. 0 for the first frame and after a change of size.
 */
export const changeMeter = (): ((frame: Picture) => number) => {
  let before: Plane | undefined;
  return frame => {
    const now = halfLuma(frame);
    const last = before;
    before = now;
    if (!last || last.width !== now.width || last.height !== now.height) return 0;
    const { forward, backward } = inverseSearch(last, now);
    const hidden = occlusion(backward, forward, now.width, now.height); // of this frame, in the one before
    let [fresh, moved] = [0, 0];
    for (let p = 0; p < hidden.length; p++) {
      fresh += hidden[p]!;
      moved += Math.hypot(backward[2 * p]!, backward[2 * p + 1]!);
    }
    return fresh / hidden.length / NEW + moved / hidden.length / Math.min(now.width, now.height) / MOTION;
  };
};
