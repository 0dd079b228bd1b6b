// What a distilled U-Net receives of guidance, as it was trained to answer as guided at once (Luo et al. 2023, section 4.2).
import { type Tensor, tensor } from '../tensor.ts';

/**
 * Sinusoids of w = guidance - 1: [sin(1000 w f_k), cos(1000 w f_k)], f_k = 10000^(-k / (width/2 - 1)).
 * [n, width], equal rows; an odd width ends in 0.
 */
export const guidanceEmbedding = (guidance: number, n: number, width: number): Tensor => {
  const half = Math.floor(width / 2);
  const out = tensor([n, width]);
  for (let k = 0; k < half; k++) {
    const angle = 1000 * (guidance - 1) * Math.exp((-Math.log(10_000) * k) / Math.max(half - 1, 1));
    for (let row = 0; row < n; row++) {
      out.data[row * width + k] = Math.sin(angle);
      out.data[row * width + half + k] = Math.cos(angle);
    }
  }
  return out;
};
