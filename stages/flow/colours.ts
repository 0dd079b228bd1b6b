// A flow field as a picture, for people.
import type { Picture } from '../../media/frame.ts';
import { floats } from '../../models/tensor.ts';
import type { Grid } from './grid.ts';

/** Length below which nothing is coloured when no `longest` is named, in pixels: rounding is no motion. */
const LEAST = 1e-3;

/** Red, green and blue, 0..1, of a fully saturated hue of 0..1 (HSV with value 1). */
const hue = (h: number): number[] => [0, 4, 2].map(n => Math.max(0, Math.min(1, Math.abs(((n + 6 * h) % 6) - 3) - 1)));

/**
 * The flow as a picture: the hue tells the direction (right red, down yellow-green, left cyan, up violet), the saturation the length; no
 * motion is white, and so is a vector that is not finite. The colour wheel of optical flow papers (Baker et al. 2011) in HSV.
 * @param flow interleaved x, y in grid cells, of a field of `grid`
 * @param longest cells of the length that is fully saturated; default: the 99th percentile of the field's lengths
 * @returns a picture of the grid's size
 */
export const flowColours = (flow: Float32Array, { width, height }: Grid, longest?: number): Picture => {
  const lengths = floats(width * height, p => Math.hypot(flow[2 * p]!, flow[2 * p + 1]!));
  const full =
    longest ??
    Math.max(
      LEAST,
      lengths
        .filter(Number.isFinite)
        .sort()
        .at(Math.floor(0.99 * (lengths.length - 1))) ?? 0,
    );
  const data = new Uint8Array(3 * width * height);
  for (const [p, length] of lengths.entries()) {
    const saturation = Number.isFinite(length) ? Math.min(1, length / full) : 0;
    const turn = Math.atan2(flow[2 * p + 1]!, flow[2 * p]!) / (2 * Math.PI);
    const rgb = saturation > 0 ? hue((turn + 1) % 1) : [1, 1, 1];
    for (let c = 0; c < 3; c++) data[3 * p + c] = Math.round(255 * (1 - saturation * (1 - rgb[c]!)));
  }
  return { width, height, data };
};
