// A worker thread of the vision pool.
import type { Picture } from '../../media/frame.ts';
import { serve } from '../../threads/serve.ts';
import { canny, type FarnebackOptions, farneback, grayscale, lab8ToRgb, type Plane, rgbToLab8 } from './operators.ts';

export type VisionTasks = {
  grayscale: { input: Picture; output: Plane };
  canny: { input: { picture: Picture; low: number; high: number }; output: Plane };
  farneback: { input: { previous: Plane; next: Plane; options: FarnebackOptions }; output: Float32Array };
  rgbToLab8: { input: Picture; output: Picture };
  lab8ToRgb: { input: Picture; output: Picture };
};

const moved = <T extends { readonly data: Uint8Array }>(value: T) => ({ value, transfer: [value.data.buffer as ArrayBuffer] });

serve<VisionTasks>({
  grayscale: picture => moved(grayscale(picture)),
  canny: ({ picture, low, high }) => moved(canny(picture, low, high)),
  farneback: ({ previous, next, options }) => {
    const value = farneback(previous, next, options);
    return { value, transfer: [value.buffer as ArrayBuffer] };
  },
  rgbToLab8: picture => moved(rgbToLab8(picture)),
  lab8ToRgb: picture => moved(lab8ToRgb(picture)),
});
