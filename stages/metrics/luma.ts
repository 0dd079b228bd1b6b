// The planes that measures work on: luma, its edges, and its fine detail. Row-major, one float a pixel, levels 0..255.
import type { Picture } from '../../media/frame.ts';
import { lumaAt } from '../../media/luma.ts';

export const luma = ({ data }: Picture): Float32Array => {
  const y = new Float32Array(data.length / 3);
  for (let p = 0, i = 0; p < y.length; p++, i += 3) y[p] = lumaAt(data, i);
  return y;
};

/** |grad y| by central differences, levels a pixel; at the border one-sided. */
export const edges = (y: Float32Array, width: number, height: number): Float32Array => {
  const out = new Float32Array(y.length);
  for (let j = 0, p = 0; j < height; j++) {
    const up = j > 0 ? width : 0;
    const down = j < height - 1 ? width : 0;
    for (let i = 0; i < width; i++, p++) {
      const dx = (y[i < width - 1 ? p + 1 : p]! - y[i > 0 ? p - 1 : p]!) / 2;
      const dy = (y[p + down]! - y[p - up]!) / 2;
      out[p] = Math.sqrt(dx * dx + dy * dy);
    }
  }
  return out;
};

/** Sums over (2r + 1) neighbours along lines of `length` values that lie `step` apart, their ends repeated. */
const slide = (from: Float32Array, to: Float32Array, start: number, length: number, step: number, r: number): void => {
  const last = start + (length - 1) * step;
  const at = (n: number): number => from[n < 0 ? start : n >= length ? last : start + n * step]!;
  let sum = 0;
  for (let n = -r; n <= r; n++) sum += at(n);
  for (let n = 0, p = start; n < length; n++, p += step) {
    to[p] = sum;
    sum += at(n + r + 1) - at(n - r);
  }
};

const DETAIL_RADIUS = 3; // pixels: detail is what a 7x7 mean takes away

/** Means over (2r + 1) x (2r + 1) pixels, edges repeated. */
export const means = (plane: Float32Array, width: number, height: number, r: number): Float32Array => {
  const rows = new Float32Array(plane.length);
  const out = new Float32Array(plane.length);
  for (let j = 0; j < height; j++) slide(plane, rows, j * width, width, 1, r);
  for (let i = 0; i < width; i++) slide(rows, out, i, height, width, r);
  const area = (2 * r + 1) ** 2;
  for (let p = 0; p < out.length; p++) out[p] = out[p]! / area;
  return out;
};

/** y minus its 7x7 mean: what is finer than about seven pixels. */
export const detail = (y: Float32Array, width: number, height: number): Float32Array => {
  const out = means(y, width, height, DETAIL_RADIUS);
  for (let p = 0; p < y.length; p++) out[p] = y[p]! - out[p]!;
  return out;
};
