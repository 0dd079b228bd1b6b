// Occlusion as soft masks, at picture size and at a latent's. A mask is [h, w] with values in 0..1.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { planesOf } from './warp.ts';

const REACH = 4; // both the maximum and the blur look 9 pixels wide
const SIGMA = 18; // pixels: nearly a box blur

/** The maximum of a mask [h, w] over a square of `reach` pixels to every side, clipped at the border. */
export const maxAround = (mask: Tensor, reach: number): Tensor => {
  const { height, width } = planesOf(mask);
  const from = mask.data;
  const rows = new Float32Array(from.length);
  for (let y = 0, p = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++, p++) {
      let most = Number.NEGATIVE_INFINITY;
      const end = at + Math.min(width - 1, x + reach);
      for (let q = at + Math.max(0, x - reach); q <= end; q++) most = Math.max(most, from[q]!);
      rows[p] = most;
    }
  }
  const out = new Float32Array(from.length).fill(Number.NEGATIVE_INFINITY);
  for (let y = 0; y < height; y++) {
    for (let k = Math.max(0, y - reach); k <= Math.min(height - 1, y + reach); k++) {
      for (let p = y * width, q = k * width; p < (y + 1) * width; p++, q++) out[p] = Math.max(out[p]!, rows[q]!);
    }
  }
  return tensor(mask.dims, out);
};

const KERNEL = ((): number[] => {
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-((i - REACH) ** 2) / (2 * SIGMA * SIGMA)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(w => w / sum);
})();

/** Index k of a line of n, mirrored at its ends without repeating them. */
const mirrored = (k: number, n: number): number => {
  const period = Math.max(1, 2 * (n - 1));
  const inside = ((k % period) + period) % period;
  return Math.min(inside, period - inside) % n;
};

/** A Gaussian over 9x9 pixels, mirrored at the border; rows, then columns, in float64. */
const blur = (mask: Tensor): Tensor => {
  const { height, width } = planesOf(mask);
  const from = mask.data;
  const rows = new Float64Array(from.length);
  for (let y = 0, p = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++, p++) {
      const inside = x >= REACH && x + REACH < width;
      let sum = 0;
      for (let k = -REACH; k <= REACH; k++) sum += KERNEL[k + REACH]! * from[at + (inside ? x + k : mirrored(x + k, width))]!;
      rows[p] = sum;
    }
  }
  const out = tensor(mask.dims);
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = -REACH; k <= REACH; k++) {
      const weight = KERNEL[k + REACH]!;
      for (let x = 0, q = width * mirrored(y + k, height); x < width; x++, q++) sums[x] = sums[x]! + weight * rows[q]!;
    }
    out.data.set(sums, y * width);
  }
  return out;
};

/** Rerender's soft occlusion mask [h, w]: clamp(G(max9(occlusion)) + occlusion, 0, 1), G a 9x9 Gaussian of sigma 18. 1 where occluded. */
export const softMask = (occlusion: Tensor): Tensor => {
  const blurred = blur(maxAround(occlusion, REACH));
  return tensor(
    occlusion.dims,
    blurred.data.map((v, p) => Math.min(1, Math.max(0, v + occlusion.data[p]!))),
  );
};

/** What both of two masks [h, w] of 0..1 hide: 1 - clamp((1 - a) + (1 - b), 0, 1). */
export const hiddenInBoth = (a: Tensor, b: Tensor): Tensor =>
  tensor(
    a.dims,
    a.data.map((v, p) => 1 - Math.min(1, Math.max(0, 1 - v + (1 - b.data[p]!)))),
  );

/** 1 - mask, for every value. */
export const inverted = (mask: Tensor): Tensor =>
  tensor(
    mask.dims,
    mask.data.map(v => 1 - v),
  );

/** The maximum of every factor x factor block: [h, w] -> [h / factor, w / factor]. */
export const blockMax = (mask: Tensor, factor: number): Tensor => {
  const { height, width } = planesOf(mask);
  const [rows, columns] = [Math.floor(height / factor), Math.floor(width / factor)];
  const out = tensor([rows, columns], new Float32Array(rows * columns).fill(Number.NEGATIVE_INFINITY));
  for (let y = 0; y < rows * factor; y++) {
    for (let x = 0; x < columns * factor; x++) {
      const q = Math.floor(y / factor) * columns + Math.floor(x / factor);
      out.data[q] = Math.max(out.data[q]!, mask.data[y * width + x]!);
    }
  }
  return out;
};

/**
 * Where pixel-aware fusion may take its target from, on the latent's grid: 1 - max over blocks of the soft mask of what both hide.
 * @param hiddenFromPrevious, hiddenFromAnchor occlusions [h, w]
 * @param factor pixels of a latent's side
 * @returns [h / factor, w / factor], 1 where it may
 */
export const latentMask = (hiddenFromPrevious: Tensor, hiddenFromAnchor: Tensor, factor: number): Tensor =>
  inverted(blockMax(softMask(hiddenInBoth(hiddenFromPrevious, hiddenFromAnchor)), factor));

/** Planes at 1/factor, bilinear without antialias: the mean of the middle 2x2 of each block; `factor` 1 or even. */
export const shrinkMiddle = (values: Tensor, factor: number): Tensor => {
  if (factor === 1) return values;
  const { count, height, width } = planesOf(values);
  const [rows, columns] = [Math.floor(height / factor), Math.floor(width / factor)];
  const out = tensor([...values.dims.slice(0, -2), rows, columns]);
  const middle = factor / 2 - 1;
  for (let c = 0, q = 0; c < count; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, q++) {
        const p = c * height * width + (y * factor + middle) * width + x * factor + middle;
        out.data[q] = (values.data[p]! + values.data[p + 1]! + values.data[p + width]! + values.data[p + width + 1]!) / 4;
      }
    }
  }
  return out;
};
