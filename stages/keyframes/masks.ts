// Occlusion as soft masks, at picture size and at a latent's. A mask is [h, w] with values in 0..1.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { grownAndBlurred } from './grow-blur.ts';
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

/** Rerender's soft occlusion mask [h, w]: clamp(G(max9(occlusion)) + occlusion, 0, 1), G a 9x9 Gaussian of sigma 18. 1 where occluded. */
export const softMask = (occlusion: Tensor): Tensor => {
  const { height, width } = planesOf(occlusion);
  const blurred = grownAndBlurred(occlusion.data, width, height, KERNEL);
  const out = tensor(occlusion.dims);
  for (let p = 0; p < blurred.length; p++) out.data[p] = Math.min(1, Math.max(0, blurred[p]! + occlusion.data[p]!));
  return out;
};

/** What both of two masks [h, w] of 0..1 hide: 1 - clamp((1 - a) + (1 - b), 0, 1). */
export const hiddenInBoth = (a: Tensor, b: Tensor): Tensor => {
  const out = tensor(a.dims);
  for (let p = 0; p < out.data.length; p++) out.data[p] = 1 - Math.min(1, Math.max(0, 1 - a.data[p]! + (1 - b.data[p]!)));
  return out;
};

/** 1 - mask, for every value. */
export const inverted = (mask: Tensor): Tensor => {
  const out = tensor(mask.dims);
  for (let p = 0; p < out.data.length; p++) out.data[p] = 1 - mask.data[p]!;
  return out;
};

/** The maximum of every factor x factor block: [h, w] -> [h / factor, w / factor]. */
export const blockMax = (mask: Tensor, factor: number): Tensor => {
  const { height, width } = planesOf(mask);
  const [rows, columns] = [Math.floor(height / factor), Math.floor(width / factor)];
  const out = tensor([rows, columns]);
  for (let y = 0, q = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, q++) {
      let most = Number.NEGATIVE_INFINITY;
      for (let j = 0, row = factor * (y * width + x); j < factor; j++, row += width) {
        for (let p = row; p < row + factor; p++) most = Math.max(most, mask.data[p]!);
      }
      out.data[q] = most;
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
