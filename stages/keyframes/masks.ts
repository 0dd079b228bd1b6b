// Occlusion as soft masks, at picture size and at a latent's. A mask is [h, w] with values in 0..1.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { planesOf } from './warp.ts';

const REACH = 4; // both the maximum and the blur look 9 pixels wide
const SIGMA = 18; // pixels: nearly a box blur

/** Runs `along` over rows, then over columns. `along(read, n, i)` makes element i of a line of n. */
const separable = (mask: Tensor, along: (read: (k: number) => number, n: number, i: number) => number): Tensor => {
  const { height, width } = planesOf(mask);
  const rows = new Float64Array(mask.data.length);
  const out = tensor(mask.dims);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) rows[at + x] = along(k => mask.data[at + k]!, width, x);
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out.data[y * width + x] = along(k => rows[k * width + x]!, height, y);
  }
  return out;
};

/** The maximum of a mask [h, w] over a square of `reach` pixels to every side, clipped at the border. */
export const maxAround = (mask: Tensor, reach: number): Tensor =>
  separable(mask, (read, n, i) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = Math.max(0, i - reach); k <= Math.min(n - 1, i + reach); k++) most = Math.max(most, read(k));
    return most;
  });

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

const blur = (mask: Tensor): Tensor =>
  separable(mask, (read, n, i) => {
    let sum = 0;
    const inside = i >= REACH && i + REACH < n;
    for (let k = -REACH; k <= REACH; k++) sum += KERNEL[k + REACH]! * read(inside ? i + k : mirrored(i + k, n));
    return sum;
  });

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
