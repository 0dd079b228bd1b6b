// What a ControlNet is shown of a frame.
import type { Frame, Picture } from '../../media/frame.ts';
import type { EdgeDetector } from '../../models/edge-detector.ts';
import { bytes, type Tensor } from '../../models/tensor.ts';
import type { Vision } from '../vision/vision.ts';
import { edgesToControlImage, toControlImage } from './pixels.ts';

/** Canny's thresholds on the 8-bit gradient. */
export type CannyThresholds = { readonly low: number; readonly high: number };

/** Makes the control image of a frame: [1, 3, h, w] in [0, 1], as large as the frame. */
export type ControlImageMaker = (frame: Frame, signal: AbortSignal) => Promise<Tensor>;

/** A control image maker: the frame itself, for tile ControlNets. */
export const tileImage: ControlImageMaker = async frame => toControlImage(frame);

/** A control image maker: the frame's Canny edges, white on black. */
export const cannyImage =
  (vision: Vision, { low, high }: CannyThresholds): ControlImageMaker =>
  async (frame, signal) =>
    edgesToControlImage(await vision.canny(frame, low, high, signal));

/** A control image maker: the frame's soft edges as a network sees them, white on black, for HED and soft-edge ControlNets. */
export const edgeImage =
  (detector: EdgeDetector): ControlImageMaker =>
  async (frame, signal) => {
    const { dims, data } = await detector.edges(toControlImage(frame), signal);
    const levels = bytes(data.length, p => data[p]! * 255); // cut to whole bytes, as ControlNets were trained
    return edgesToControlImage({ width: dims[3]!, height: dims[2]!, data: levels });
  };

/** A control image maker: the user's own picture for each frame, such as its depth. `at` gives it at the frame's size. */
export const pictureImage =
  (at: (frame: Frame, signal: AbortSignal) => Promise<Picture>): ControlImageMaker =>
  async (frame, signal) =>
    toControlImage(await at(frame, signal));
