// Fidelity-oriented encoding: an autoencoder loses detail at every pass;
// a latent that foresees the loss keeps it (Rerender, section 4.2.2).
import { type Tensor, tensor } from '../../models/tensor.ts';
import { maxAround, shrinkMiddle } from './masks.ts';
import { planesOf } from './warp.ts';

/** Mean absolute error over the channels, on the scale -1..1, from which a pixel counts as badly coded. */
export const FIDELITY_THRESHOLD = 0.25;

/** What the fidelity-oriented encoding is made from: E encodes a picture, D decodes a latent. */
export type FidelityParts = {
  /** E(blend), and E(D(z)): [1, c, h/f, w/f]. */
  readonly z: Tensor;
  readonly z2: Tensor;
  /** D(z + (z - z2)), and the blend: [1, 3, h, w]. */
  readonly trial: Tensor;
  readonly blend: Tensor;
  /** Where the target is wanted: [h/f, w/f]. */
  readonly mask: Tensor;
};

/**
 * z + (z - z2): a latent that foresees what a pass through the autoencoder loses. z is a picture's latent, z2 that of the decoded z; of
 * one shape.
 */
export const overshoot = (z: Tensor, z2: Tensor): Tensor => {
  const out = tensor(z.dims);
  for (let i = 0; i < out.data.length; i++) out.data[i] = z.data[i]! + (z.data[i]! - z2.data[i]!);
  return out;
};

/**
 * The target of pixel-aware fusion, by fidelity-oriented encoding (Rerender A Video, section 4.2.2): target = (z + (1 - bad)(z - z2))
 * mask. A pixel is bad where mean |trial - blend| > threshold (on the scale -1..1, default {@link FIDELITY_THRESHOLD}); bad pixels go to
 * the latent's size (mean of the middle 2x2 of each block, above 0) and grow by one.
 * @returns the target [1, c, h/f, w/f], and `bad` [h/f, w/f], 0 or 1
 */
export const fidelityTarget = (
  { z, z2, trial, blend, mask }: FidelityParts,
  threshold = FIDELITY_THRESHOLD,
): { readonly target: Tensor; readonly bad: Tensor } => {
  const { count, height, width } = planesOf(blend);
  const size = height * width;
  const wrong = tensor([height, width]);
  for (let p = 0; p < size; p++) {
    let error = 0;
    for (let c = 0; c < count; c++) error += Math.abs(trial.data[c * size + p]! - blend.data[c * size + p]!);
    wrong.data[p] = error / count > threshold ? 1 : 0;
  }
  const factor = height / planesOf(z).height;
  const small = shrinkMiddle(wrong, factor);
  const bad = maxAround(
    tensor(
      small.dims,
      small.data.map(v => (v > 0 ? 1 : 0)),
    ),
    1,
  );
  const cells = bad.data.length;
  const data = z.data.map((v, i) => (v + (1 - bad.data[i % cells]!) * (v - z2.data[i]!)) * mask.data[i % cells]!);
  return { target: tensor(z.dims, data), bad };
};
