// What a frame looks like in a few hundred numbers, and how much two frames differ.
import type { Picture } from '../../media/frame.ts';

const COLUMNS = 16;
const ROWS = 16;
const BINS = 8; // of each colour channel

/** Mean colours of a 16x16 raster (levels, RGB interleaved) and the share of pixels in each bin of each channel. */
export type Signature = { readonly raster: Float32Array; readonly histogram: Float32Array };

/** Pixels vote for the two nearest bins, so that a slight change of light moves the histogram slightly. */
const vote = (histogram: Float32Array, channel: number, value: number): void => {
  const at = Math.min(BINS - 1, Math.max(0, ((value + 0.5) * BINS) / 256 - 0.5));
  const bin = Math.min(BINS - 2, Math.floor(at));
  const share = at - bin;
  const p = channel * BINS + bin;
  histogram[p] = histogram[p]! + 1 - share;
  histogram[p + 1] = histogram[p + 1]! + share;
};

export const signature = ({ width, height, data }: Picture): Signature => {
  const raster = new Float32Array(3 * COLUMNS * ROWS);
  const counts = new Float32Array(COLUMNS * ROWS);
  const histogram = new Float32Array(3 * BINS);
  const step = Math.max(1, Math.floor(Math.min(width, height) / 96)); // about 100 rows are enough
  for (let y = 0; y < height; y += step) {
    const row = Math.floor((y * ROWS) / height) * COLUMNS;
    for (let x = 0; x < width; x += step) {
      const cell = row + Math.floor((x * COLUMNS) / width);
      counts[cell] = counts[cell]! + 1;
      for (let c = 0; c < 3; c++) {
        const value = data[3 * (y * width + x) + c]!;
        raster[3 * cell + c] = raster[3 * cell + c]! + value;
        vote(histogram, c, value);
      }
    }
  }
  const pixels = counts.reduce((a, b) => a + b, 0);
  for (let p = 0; p < raster.length; p++) raster[p] = raster[p]! / Math.max(1, counts[(p / 3) | 0]!);
  for (let p = 0; p < histogram.length; p++) histogram[p] = histogram[p]! / pixels;
  return { raster, histogram };
};

const distance = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += Math.abs(a[p]! - b[p]!);
  return sum;
};

/** How far two frames are apart, each from 0 (alike) to 1: their colours wherever they stand, and their colours place by place. */
export type Difference = { readonly colours: number; readonly places: number };

export const difference = (a: Signature, b: Signature): Difference => ({
  colours: distance(a.histogram, b.histogram) / 6, // every channel's shares differ by 2 at most
  places: distance(a.raster, b.raster) / (a.raster.length * 255),
});
