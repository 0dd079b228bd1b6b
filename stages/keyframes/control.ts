// What a ControlNet is shown of a frame.
import type { ControlType } from '../../config/control.ts';
import type { Picture } from '../../media/frame.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Vision } from '../vision/vision.ts';
import { edgesToHint, toHint } from './pixels.ts';

/** Canny's thresholds on the 8-bit gradient. */
export type CannyThresholds = { readonly low: number; readonly high: number };

/**
 * The control image of a frame, [1, 3, h, w] in [0, 1].
 * - `'tile'`: the frame itself
 * - `'canny'`: its Canny edges, white on black
 */
export const controlImage = async (
  type: ControlType,
  frame: Picture,
  { low, high }: CannyThresholds,
  vision: Vision,
  signal: AbortSignal,
): Promise<Tensor> => {
  switch (type) {
    case 'tile':
      return toHint(frame);
    case 'canny':
      return edgesToHint(await vision.canny(frame, low, high, signal));
  }
};
