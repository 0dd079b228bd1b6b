// Which pixels of one frame cannot be seen in another: GMFlow's forward-backward test.
import { workspaceOf } from './workspace.ts';

const SLOPE = 0.01; // of |f| + |b|, both at the pixel itself, as in GMFlow
const SLACK = 0.5; // pixels

/**
 * Which pixels of a frame cannot be seen in another (GMFlow's forward-backward test, Xu et al. 2022):
 *   1 where |f(p) + b(p + f(p))| > 0.01 (|f(p)| + |b(p)|) + 0.5, or where a motion is no number, else 0.
 * @param f, b motion from this frame to the other and back; interleaved x, y in pixels. `b` is read bilinearly, as 0 outside of the frame
 * @returns a byte a pixel
 */
export const occlusion = (f: Float32Array, b: Float32Array, width: number, height: number): Uint8Array<ArrayBuffer> => {
  const { kernels, field, back, out } = workspaceOf(width, height);
  field.data.set(f);
  back.data.set(b);
  kernels.occlusion(field.at, back.at, width, height, SLOPE, SLACK, out.at);
  return out.data.slice();
};
