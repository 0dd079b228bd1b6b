// What a ControlNet is shown of a frame.
import type { Frame, Picture } from '../../media/frame.ts';
import type { EdgeDetector } from '../../models/edge-detector.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Vision } from '../vision/vision.ts';
import { edgesToHint, toHint } from './pixels.ts';

/** Canny's thresholds on the 8-bit gradient. */
export type CannyThresholds = { readonly low: number; readonly high: number };

/** Makes the control image of a frame: [1, 3, h, w] in [0, 1], as large as the frame. */
export type Hint = (frame: Frame, signal: AbortSignal) => Promise<Tensor>;

/** The frame itself. */
export const tileHint: Hint = async frame => toHint(frame);

/** Its Canny edges, white on black. */
export const cannyHint =
  (vision: Vision, { low, high }: CannyThresholds): Hint =>
  async (frame, signal) =>
    edgesToHint(await vision.canny(frame, low, high, signal));

/** Its soft edges as a network sees them, white on black. */
export const edgeHint =
  (detector: EdgeDetector): Hint =>
  async (frame, signal) => {
    const { dims, data } = await detector.edges(toHint(frame), signal);
    const levels = Uint8Array.from(data, v => v * 255); // cut to whole bytes, as ControlNets were trained
    return edgesToHint({ width: dims[3]!, height: dims[2]!, data: levels });
  };

/** The user's picture for the frame. `at` gives it at the frame's size. */
export const pictureHint =
  (at: (frame: Frame, signal: AbortSignal) => Promise<Picture>): Hint =>
  async (frame, signal) =>
    toHint(await at(frame, signal));
