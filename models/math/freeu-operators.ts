// FreeU's two operators (Si et al. 2023) on tensors: the definition, for features of one's own.
// Inside a network they are layers of its graph, which compute the same.
import { elements, type Tensor, tensor } from '../tensor.ts';

/** Samples, channels, height and width of a feature map. */
const sizesOf = ({ dims }: Tensor): readonly [number, number, number, number] => {
  if (dims.length !== 4) throw new RangeError(`FreeU works on features [n, c, h, w], got [${dims.join(', ')}]`);
  return dims as unknown as [number, number, number, number];
};

/** The mean over the channels of sample i, min-max normalised over its map: [h w] in 0..1. A constant map gives zeros. */
const structureOf = (h: Tensor, i: number): Float64Array => {
  const [, channels, height, width] = sizesOf(h);
  const size = height * width;
  const mean = new Float64Array(size);
  for (let c = 0; c < channels; c++) {
    const from = (i * channels + c) * size;
    for (let p = 0; p < size; p++) mean[p]! += h.data[from + p]! / channels;
  }
  const [low, high] = [mean.reduce((a, b) => Math.min(a, b)), mean.reduce((a, b) => Math.max(a, b))];
  return mean.map(m => (high > low ? (m - low) / (high - low) : 0));
};

/**
 * Scales the backbone: the first half of the channels of h times a factor, the other half as it is (Si et al. 2023, structure-related
 * scaling).
 * - version 2 (default): 1 + (b - 1) m, where m is the mean over all channels, min-max normalised over each sample's map
 * - version 1: b everywhere
 * @param h features from the layer below, [n, c, height, width]
 * @param b factor, 1 leaves h as it is; the paper's are 1.1 to 1.6
 * @returns a new tensor of the same dims
 * @throws RangeError for a tensor that has not four axes
 */
export const freeuBackbone = (h: Tensor, { b, version = 2 }: { readonly b: number; readonly version?: 1 | 2 }): Tensor => {
  const [n, channels, height, width] = sizesOf(h);
  const size = height * width;
  const out = tensor(h.dims, h.data.slice());
  for (let i = 0; i < n; i++) {
    const factors = version === 1 ? new Float64Array(size).fill(b) : structureOf(h, i).map(m => 1 + (b - 1) * m);
    const [from, to] = [i * channels * size, (i * channels + Math.floor(channels / 2)) * size];
    for (let q = from; q < to; q++) out.data[q] = h.data[q]! * factors[(q - from) % size]!;
  }
  return out;
};

/** The frequencies {-1, 0} of a line of n samples, each once. */
const lowest = (n: number): readonly number[] => (n === 1 ? [0] : [-1, 0]);

/**
 * Filters a skip: scales the frequencies {-1, 0} x {-1, 0} of every channel by s (Si et al. 2023, spectral modulation, with the box of the
 * authors' code: radius 1 around the middle of the shifted spectrum), by the direct sum over the at most four frequencies k:
 *   y(r, c) = x(r, c) + (s - 1) Re sum_k mean(x e^(-i theta_k)) e^(i theta_k),  theta_k = 2 pi (k_y r / h + k_x c / w).
 * @param skip features of the way down, [n, c, height, width]
 * @param s factor, 1 leaves the skip as it is; the paper's are 0.2 to 0.9
 * @returns a new tensor of the same dims
 * @throws RangeError for a tensor that has not four axes
 */
export const freeuSkip = (skip: Tensor, s: number): Tensor => {
  const [n, channels, height, width] = sizesOf(skip);
  const size = height * width;
  const out = tensor(skip.dims, skip.data.slice());
  const waves = lowest(height).flatMap(ky => lowest(width).map(kx => planeWave(ky / height, kx / width, height, width)));
  for (let from = 0; from < n * channels * size; from += size) {
    for (const { cos, sin } of waves) {
      let [a, b] = [0, 0];
      for (let p = 0; p < size; p++) {
        a += (skip.data[from + p]! * cos[p]!) / size;
        b += (skip.data[from + p]! * sin[p]!) / size;
      }
      for (let p = 0; p < size; p++) out.data[from + p]! += (s - 1) * (a * cos[p]! + b * sin[p]!);
    }
  }
  return out;
};

/** cos and sin of 2 pi (fy r + fx c), [h w]. */
const planeWave = (fy: number, fx: number, height: number, width: number): { cos: Float64Array; sin: Float64Array } => {
  const angles = Float64Array.from({ length: elements([height, width]) }, (_, p) => {
    return 2 * Math.PI * (fy * Math.floor(p / width) + fx * (p % width));
  });
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
};
