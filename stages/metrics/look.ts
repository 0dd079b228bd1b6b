// The overall look of a picture in seven numbers, for telling how it drifts.
import type { Picture } from '../../media/frame.ts';

/** A value for red, green and blue. */
export type Channels = readonly [red: number, green: number, blue: number];

/** The overall look of a picture, for telling how it drifts. */
export type Look = {
  /** Mean of each channel, levels. */
  readonly mean: Channels;
  /** Standard deviation of each channel, levels. */
  readonly std: Channels;
  /** Mean |grad| of the luma, levels a pixel. */
  readonly sharpness: number;
};

/** @param edges |grad| of the picture's luma */
export const lookOf = ({ data }: Picture, edges: Float32Array): Look => {
  const sum = [0, 0, 0];
  const squares = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    for (let c = 0; c < 3; c++) {
      const v = data[i + c]!;
      sum[c] = sum[c]! + v;
      squares[c] = squares[c]! + v * v;
    }
  }
  const n = data.length / 3;
  const mean = (c: number): number => sum[c]! / n;
  const std = (c: number): number => Math.sqrt(Math.max(0, squares[c]! / n - mean(c) ** 2));
  let slope = 0;
  for (const e of edges) slope += e;
  return { mean: [mean(0), mean(1), mean(2)], std: [std(0), std(1), std(2)], sharpness: slope / n };
};
