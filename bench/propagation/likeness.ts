// How like two pictures are: PSNR, SSIM, sharpness and edges, without a network.
import type { Picture } from '../../media/frame.ts';
import { edges as edgesOf, luma } from '../../stages/metrics/luma.ts';
import { ssim } from '../../stages/metrics/structure.ts';

export type Likeness = {
  /** Peak signal-to-noise ratio over all channels, dB. */
  readonly psnr: number;
  /** Structural similarity of the luma, at most 1; windows as in docs/metrics.md. */
  readonly ssim: number;
  /** Mean |grad y| over that of the truth: below 1 is blurred, above 1 too sharp or noisy. */
  readonly sharpness: number;
  /** Correlation of |grad y|, -1..1: whether edges are where they should be. */
  readonly edges: number;
};

const psnr = (a: Picture, b: Picture): number => {
  let sum = 0;
  for (let p = 0; p < a.data.length; p++) sum += (a.data[p]! - b.data[p]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((65025 * a.data.length) / sum);
};

const mean = (plane: Float32Array): number => plane.reduce((a, b) => a + b, 0) / plane.length;

const correlation = (a: Float32Array, b: Float32Array): number => {
  const [ma, mb] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let p = 0; p < a.length; p++) {
    const [u, v] = [a[p]! - ma, b[p]! - mb];
    aa += u * u;
    bb += v * v;
    ab += u * v;
  }
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : aa === bb ? 1 : 0;
};

/** Compares a picture with the truth, both of one size. */
export const likeness = (picture: Picture, truth: Picture): Likeness => {
  const { width, height } = truth;
  const [a, b] = [luma(picture), luma(truth)];
  const [slopes, trueSlopes] = [edgesOf(a, width, height), edgesOf(b, width, height)];
  const sharp = mean(trueSlopes);
  return {
    psnr: psnr(picture, truth),
    ssim: ssim(a, b, width, height),
    sharpness: sharp > 0 ? mean(slopes) / sharp : 1,
    edges: correlation(slopes, trueSlopes),
  };
};
