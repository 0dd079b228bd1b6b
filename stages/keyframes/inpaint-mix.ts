// The pixel-aware mix: before a step, the noised target takes a share of x wherever it is known.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { planesOf } from './warp.ts';

/** A response of the edge filters below this is none: a blurred 1 is often 1 - 1e-16. */
const FLAT = 1e-6;

/** 1 where a mask [h, w] is locally flat, else 0: both 3x3 Prewitt filters answer 0, the border repeated. */
export const flatRegion = (mask: Tensor): Tensor => {
  const { height, width } = planesOf(mask);
  const at = (y: number, x: number): number =>
    mask.data[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))]!;
  const flat = tensor(mask.dims);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [horizontal, vertical] = [0, 0];
      for (const d of [-1, 0, 1]) {
        horizontal += at(y + d, x + 1) - at(y + d, x - 1);
        vertical += at(y + 1, x + d) - at(y - 1, x + d);
      }
      flat.data[y * width + x] = Math.abs(horizontal) < FLAT && Math.abs(vertical) < FLAT ? 1 : 0;
    }
  }
  return flat;
};

/** How strongly the target is mixed in. */
export type MixOptions = {
  /** Weight of the target where the mask is 1. */
  readonly strength: number;
  /** How much of the noise that the mix averages away is given back. */
  readonly inner: number;
  /** Give it back in flat parts of the mask only, so that no seam shows. */
  readonly smooth: boolean;
};

/** What the mix is made of at every step. Masks are [h, w]. */
export type Mix = { readonly target: Tensor; readonly weight: Tensor; readonly boost: Tensor };

/**
 * Prepares pixel-aware fusion of a target [1, c, h, w] under a mask [h, w] of 0..1:
 *   w = mask strength; r = max(1 - w, inner sqrt(1 - w^2)) where the mask is flat (or everywhere), 1 - w elsewhere.
 */
export const planMix = (target: Tensor, mask: Tensor, { strength, inner, smooth }: MixOptions): Mix => {
  const flat = smooth ? flatRegion(mask) : undefined;
  const weight = tensor(
    mask.dims,
    mask.data.map(m => m * strength),
  );
  const boosted = weight.data.map((w, p) => {
    const most = Math.max(1 - w, inner * Math.sqrt(1 - w * w));
    const share = flat?.data[p] ?? 1;
    return (1 - w) * (1 - share) + most * share;
  });
  return { target, weight, boost: tensor(mask.dims, boosted) };
};

/**
 * The noise at the far end of the way from a frame's start x_s = sqrt(alpha_bar_s) latent + sqrt(1 - alpha_bar_s) noise to a target:
 * (x_s - sqrt(alpha_bar_s) target) / sqrt(1 - alpha_bar_s). A DDIM run that predicts the target at every step has just this noise in its x:
 * what it began with, and what it still holds of the source. With it and boost = 1 - w the mix leaves a run towards the target as it is.
 */
export const noiseTowards = (target: Tensor, start: { readonly x: Tensor; readonly alphaBar: number }): Tensor => {
  const [a, s] = [Math.sqrt(start.alphaBar), Math.sqrt(1 - start.alphaBar)];
  return tensor(
    target.dims,
    target.data.map((v, i) => (start.x.data[i]! - a * v) / s),
  );
};

/**
 * Mixes the noised target into x before a denoising step (pixel-aware fusion):
 *   x' = w (sqrt(alpha_bar) target + sqrt(1 - alpha_bar) noise) + (1 - w)(x - direction) + r direction.
 * The paper's hard inpainting is w = 1; (x - direction) is the part of x that the clean sample makes.
 * @param mix of {@link planMix}
 * @param state x and noise of the target's shape, the part of x that points back to the noise (`StepState.direction`), and alpha_bar of the
 * step
 */
export const inpaintMix = (
  { target, weight, boost }: Mix,
  { x, direction, noise, alphaBar }: { readonly x: Tensor; readonly direction: Tensor; readonly noise: Tensor; readonly alphaBar: number },
): Tensor => {
  const size = weight.data.length;
  const [a, s] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  const out = tensor(x.dims);
  for (let i = 0; i < out.data.length; i++) {
    const w = weight.data[i % size]!;
    const d = direction.data[i]!;
    out.data[i] = w * (a * target.data[i]! + s * noise.data[i]!) + (1 - w) * (x.data[i]! - d) + boost.data[i % size]! * d;
  }
  return out;
};
