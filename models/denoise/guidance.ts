// Classifier-free guidance (Ho & Salimans 2022), and its rescaling (Lin et al. 2024, section 3.4).
import { elements, type Tensor, tensor } from '../tensor.ts';

/** Standard deviation of some numbers. */
const deviation = (data: Float32Array): number => {
  let [sum, squares] = [0, 0];
  for (const value of data) sum += value;
  const mean = sum / data.length;
  for (const value of data) squares += (value - mean) ** 2;
  return Math.sqrt(squares / data.length);
};

/**
 * negative + guidance (prompt - negative) for each number of the outputs [n, ...].
 * @param rescale 0 to 1: how far each sample's spread is brought back to that of the prompt's output, which strong guidance widens; eps' =
 * rescale eps std(prompt) / std(eps) + (1 - rescale) eps
 */
export const guide = (negative: Float32Array, prompt: Float32Array, dims: readonly number[], guidance: number, rescale = 0): Tensor => {
  const out = tensor(
    dims,
    negative.map((u, i) => u + guidance * (prompt[i]! - u)),
  );
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
