// How like two pictures are: PSNR, SSIM, sharpness and edges. Reference free of networks.
import type { Picture } from '../../media/frame.ts';

export type Likeness = {
  /** Peak signal-to-noise ratio over all channels, dB. */
  readonly psnr: number;
  /** Structural similarity of the luma, 0..1 (Wang et al. 2004: 11x11 Gaussian, sigma 1.5). */
  readonly ssim: number;
  /** Mean luma gradient over that of the truth: below 1 is blurred, above 1 too sharp or noisy. */
  readonly sharpness: number;
  /** Correlation of the gradient magnitudes, -1..1: whether edges are where they should be. */
  readonly edges: number;
};

const luma = ({ width, height, data }: Picture): Float32Array =>
  Float32Array.from({ length: width * height }, (_, p) => 0.299 * data[3 * p]! + 0.587 * data[3 * p + 1]! + 0.114 * data[3 * p + 2]!);

const psnr = (a: Picture, b: Picture): number => {
  let sum = 0;
  for (let p = 0; p < a.data.length; p++) sum += (a.data[p]! - b.data[p]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((65025 * a.data.length) / sum);
};

const RADIUS = 5;
const WINDOW = ((): number[] => {
  const taps = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * 1.5 ** 2)));
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map(tap => tap / sum);
})();

const blur = (plane: Float32Array, width: number, height: number): Float32Array => {
  const [row, out] = [new Float32Array(plane.length), new Float32Array(plane.length)];
  for (let p = 0; p < plane.length; p++) {
    const x = p % width;
    let sum = 0;
    for (let k = -RADIUS; k <= RADIUS; k++) sum += WINDOW[k + RADIUS]! * plane[p - x + Math.min(width - 1, Math.max(0, x + k))]!;
    row[p] = sum;
  }
  for (let p = 0; p < plane.length; p++) {
    const x = p % width;
    const y = (p - x) / width;
    let sum = 0;
    for (let k = -RADIUS; k <= RADIUS; k++) sum += WINDOW[k + RADIUS]! * row[Math.min(height - 1, Math.max(0, y + k)) * width + x]!;
    out[p] = sum;
  }
  return out;
};

const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

const ssim = (a: Float32Array, b: Float32Array, width: number, height: number): number => {
  const over = (f: (p: number) => number): Float32Array =>
    blur(
      Float32Array.from(a, (_, p) => f(p)),
      width,
      height,
    );
  const [ma, mb] = [blur(a, width, height), blur(b, width, height)];
  const [aa, bb, ab] = [over(p => a[p]! ** 2), over(p => b[p]! ** 2), over(p => a[p]! * b[p]!)];
  let sum = 0;
  for (let p = 0; p < a.length; p++) {
    const [m, n] = [ma[p]!, mb[p]!];
    const [va, vb, cov] = [aa[p]! - m * m, bb[p]! - n * n, ab[p]! - m * n];
    sum += ((2 * m * n + C1) * (2 * cov + C2)) / ((m * m + n * n + C1) * (va + vb + C2));
  }
  return sum / a.length;
};

/** |dx| + |dy| by forward differences; the last row and column are 0. */
const gradient = (plane: Float32Array, width: number, height: number): Float32Array =>
  Float32Array.from(plane, (value, p) => {
    const x = p % width;
    if (x === width - 1 || p >= width * (height - 1)) return 0;
    return Math.abs(plane[p + 1]! - value) + Math.abs(plane[p + width]! - value);
  });

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
  const [ga, gb] = [gradient(a, width, height), gradient(b, width, height)];
  const sharp = mean(gb);
  return {
    psnr: psnr(picture, truth),
    ssim: ssim(a, b, width, height),
    sharpness: sharp > 0 ? mean(ga) / sharp : 1,
    edges: correlation(ga, gb),
  };
};
