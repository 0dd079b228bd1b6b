// Adaptive instance normalisation (Huang & Belongie 2017) of a predicted clean latent: the colours of the anchor.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { planesOf } from './warp.ts';

const EPSILON = 1e-5; // added to every variance, so that a constant channel divides 0 by sqrt(1e-5) and not by 0

/** Mean and sqrt(variance + 1e-5) of each channel of [1, c, h, w]; the variance over n (`'biased'`) or n - 1 values. */
export const channelStatistics = (
  x: Tensor,
  variance: 'biased' | 'unbiased',
): { readonly mean: Float64Array; readonly std: Float64Array } => {
  const { count, height, width } = planesOf(x);
  const n = height * width;
  const [mean, std] = [new Float64Array(count), new Float64Array(count)];
  for (let c = 0; c < count; c++) {
    const values = x.data.subarray(c * n, (c + 1) * n);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[i]!;
    const m = sum / n;
    let squares = 0;
    for (let i = 0; i < n; i++) squares += (values[i]! - m) * (values[i]! - m);
    mean[c] = m;
    std[c] = Math.sqrt(squares / (variance === 'biased' ? n : Math.max(1, n - 1)) + EPSILON); // one pixel alone has no spread
  }
  return { mean, std };
};

/**
 * Adaptive instance normalisation (Huang & Belongie 2017, eq. 8): each channel of x0 [1, c, h, w] with the mean and standard deviation of
 * the anchor's, which may have another size; constant channels stay finite. Rerender A Video does it to predicted clean latents.
 */
export const adain = (x0: Tensor, anchor: Tensor): Tensor => {
  const statistics = channelStatistics(x0, 'biased');
  const target = channelStatistics(anchor, 'unbiased');
  const { count, height, width } = planesOf(x0);
  const out = tensor(x0.dims);
  for (let c = 0, i = 0; c < count; c++) {
    for (let p = 0; p < height * width; p++, i++) {
      out.data[i] = ((x0.data[i]! - statistics.mean[c]!) / statistics.std[c]!) * target.std[c]! + target.mean[c]!;
    }
  }
  return out;
};
