// Classifier-free guidance (Ho & Salimans 2022), and its rescaling (Lin et al. 2024, section 3.4).
import { elements, type Tensor, tensor } from '../tensor.ts';
import { type GuidanceBands, guideBands } from './guidance-bands.ts';

/** What guidance does beside its weight. */
export type GuideOptions = {
  /**
   * 0 (default) to 1: how far each sample's spread is brought back to that of the prompt's output, which strong guidance widens; eps' =
   * rescale eps std(prompt) / std(eps) + (1 - rescale) eps.
   */
  readonly rescale?: number | undefined;
  /** Weights of the low and of the high frequencies in place of one for all (Sadat et al. 2025). */
  readonly bands?: GuidanceBands | undefined;
};

/** Standard deviation of some numbers. */
const deviation = (data: Float32Array): number => {
  let [sum, squares] = [0, 0];
  for (const value of data) sum += value;
  const mean = sum / data.length;
  for (const value of data) squares += (value - mean) ** 2;
  return Math.sqrt(squares / data.length);
};

const weighted = (negative: Float32Array, prompt: Float32Array, weight: number): Float32Array => {
  const out = new Float32Array(negative.length);
  for (let i = 0; i < out.length; i++) out[i] = negative[i]! + weight * (prompt[i]! - negative[i]!);
  return out;
};

/** negative + guidance (prompt - negative) for each number of the outputs [n, ...]; bands of one weight are that weight. */
export const guide = (
  negative: Float32Array,
  prompt: Float32Array,
  dims: readonly number[],
  guidance: number,
  { rescale = 0, bands = { low: guidance, high: guidance } }: GuideOptions = {},
): Tensor => {
  const out = tensor(dims, bands.low === bands.high ? weighted(negative, prompt, bands.low) : guideBands(negative, prompt, dims, bands));
  if (rescale === 0) return out;
  const size = elements(dims.slice(1));
  for (let from = 0; from < out.data.length; from += size) {
    const sample = out.data.subarray(from, from + size);
    const spread = deviation(sample);
    if (spread === 0) continue; // a flat output has no spread to bring back
    const factor = (rescale * deviation(prompt.subarray(from, from + size))) / spread + 1 - rescale;
    for (let i = 0; i < size; i++) sample[i]! *= factor;
  }
  return out;
};
