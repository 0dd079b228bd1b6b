// The settings of drawing a key frame, resolved.
import type { Period } from '../../config/option.ts';
import type { Sampling } from '../../models/denoise/sampling.ts';

/** How a key frame is tied to the anchor and to the one before it. Periods are undefined where a fusion is off. */
export type FusionSettings = {
  /** Steps at which self-attention looks at [anchor ; previous]. */
  readonly cross: Period | undefined;
  /** Leaves out the layers with the most channels. */
  readonly loose: boolean;
  /** Shape-aware fusion: steps at which the predicted clean latent takes over the anchor's, pulled along the motion. */
  readonly warp: Period | undefined;
  /** AdaIN: steps at which it takes on the anchor's channel statistics. */
  readonly ada: Period | undefined;
  /** Pixel-aware fusion: steps before which the encoded blend of pulled key frames is mixed in. */
  readonly mask: Period | undefined;
  readonly maskStrength: number;
  readonly innerStrength: number;
  readonly smoothBoundary: boolean;
  /**
   * Noise of what is fused in: Rerender's (drawn anew at every step of the mix, kept beside an edited x0), or the frame's own.
   * Default `fresh`.
   */
  readonly maskNoise?: 'fresh' | 'own';
  /** Default `FIDELITY_THRESHOLD`. */
  readonly fidelityThreshold?: number;
};

/** How key frames are drawn: sampling, guidance, controls and fusions. */
export type DrawOptions = {
  readonly sampling: Sampling;
  /** Index of the first step, where the noised frame enters; `'noise'` begins at step 0 with noise alone. */
  readonly begin: number | 'noise';
  /** Share of the training's timesteps that the schedule covers, default 1; see `Begin` of rerender/models. */
  readonly span?: number | undefined;
  /** Noise that a key frame starts from: that of all key frames (Rerender's; the default), or its own. */
  readonly startNoise?: 'shared' | 'own';
  readonly fusion: FusionSettings;
};
