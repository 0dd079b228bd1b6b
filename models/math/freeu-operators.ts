// FreeU's two operators (Si et al. 2023) on tensors: the definition, for features of one's own.
// Inside a network they are layers of its graph, which compute the same.
import { elements, type Tensor, tensor } from '../tensor.ts';
import { boxReach, type ChannelWindow, windowedChannels } from './freeu-windows.ts';

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

/** The factor of a backbone's channels, and which they are. */
export type BackboneScaling = {
  /** 1 leaves h as it is; the paper's are 1.1 to 1.6. */
  readonly b: number;
  /** 1, 2, or a blend of both between them; default 2. */
  readonly version?: number;
  /** Channels that are scaled, as shares of all, both ends included; default the first half. */
  readonly window?: ChannelWindow;
};

/**
 * Scales the backbone: the first half of the channels of h times a factor, the other half as it is (Si et al. 2023, structure-related
 * scaling).
 * - version 2 (default): 1 + (b - 1) m, where m is the mean over all channels, min-max normalised over each sample's map
 * - version 1: b everywhere
 * @param h features from the layer below, [n, c, height, width]
 * @param scaling the factor `b`, the version, and a window of channels in place of the first half
 * @returns a new tensor of the same dims
 * @throws RangeError for a tensor that has not four axes
 */
export const freeuBackbone = (h: Tensor, { b, version = 2, window }: BackboneScaling): Tensor => {
  const [n, channels, height, width] = sizesOf(h);
  const size = height * width;
  const out = tensor(h.dims, h.data.slice());
  const { first, end, inside } = windowedChannels(window, channels);
  for (let i = 0; i < n; i++) {
    const factors =
      version === 1 ? new Float64Array(size).fill(b) : structureOf(h, i).map(m => 1 + (b - 1) * (2 - version + (version - 1) * m));
    for (let c = 0; c < channels; c++) {
      if ((c >= first && c < end) !== inside) continue;
      const from = (i * channels + c) * size;
      for (let p = 0; p < size; p++) out.data[from + p] = h.data[from + p]! * factors[p]!;
    }
  }
  return out;
};

/** The frequencies {-r .. r - 1} of a line of n samples, each once; {-1, 0} without a cutoff. */
const lowest = (n: number, cutoff: number): readonly number[] => {
  const reach = boxReach(n, cutoff);
  return Array.from({ length: Math.min(2 * reach, n) }, (_, i) => i - reach);
};

/** What counts as low in a skip, and the factor of the rest. */
export type SkipBox = {
  /** Share of the spectrum that counts as low: 0 (default) is the four lowest frequencies, 1 all. */
  readonly cutoff?: number;
  /** Factor of all other frequencies, default 1. */
  readonly high?: number;
};

/**
 * Filters a skip: scales the frequencies {-1, 0} x {-1, 0} of every channel by s (Si et al. 2023, spectral modulation, with the box of the
 * authors' code: radius 1 around the middle of the shifted spectrum), by the direct sum over the at most four frequencies k:
 *   y(r, c) = x(r, c) + (s - 1) Re sum_k mean(x e^(-i theta_k)) e^(i theta_k),  theta_k = 2 pi (k_y r / h + k_x c / w).
 * @param skip features of the way down, [n, c, height, width]
 * With a cutoff the box is {-r .. r - 1}, r = max(1, floor(cutoff floor(side / 2))), and what lies outside of it is multiplied by `high`:
 *   y(r, c) = high x(r, c) + (s - high) Re sum_k ...
 * @param s factor, 1 leaves the skip as it is; the paper's are 0.2 to 0.9
 * @param box a larger box, and a factor outside of it
 * @returns a new tensor of the same dims
 * @throws RangeError for a tensor that has not four axes
 */
export const freeuSkip = (skip: Tensor, s: number, { cutoff = 0, high = 1 }: SkipBox = {}): Tensor => {
  const [n, channels, height, width] = sizesOf(skip);
  const size = height * width;
  const out = tensor(
    skip.dims,
    skip.data.map(x => high * x),
  );
  const waves = lowest(height, cutoff).flatMap(ky => lowest(width, cutoff).map(kx => planeWave(ky / height, kx / width, height, width)));
  for (let from = 0; from < n * channels * size; from += size) {
    for (const { cos, sin } of waves) {
      let [a, b] = [0, 0];
      for (let p = 0; p < size; p++) {
        a += (skip.data[from + p]! * cos[p]!) / size;
        b += (skip.data[from + p]! * sin[p]!) / size;
      }
      for (let p = 0; p < size; p++) out.data[from + p]! += (s - high) * (a * cos[p]! + b * sin[p]!);
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
