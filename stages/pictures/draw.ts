// Draws one picture: from noise alone, or from a picture that it begins at.

import type { Picture } from '../../media/frame.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { ControlUse } from '../../models/denoise/control-residuals.ts';
import type { Guidance } from '../../models/denoise/guided-denoiser.ts';
import type { Sampling } from '../../models/denoise/sampling.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import type { StepState } from '../../models/samplers/sampler.ts';
import type { Tensor } from '../../models/tensor.ts';
import { toPicture } from '../keyframes/pixels.ts';

/** A picture that is to be drawn. */
export type PictureJob = {
  /** Pixels; multiples of the model's factor. */
  readonly size: { readonly width: number; readonly height: number };
  readonly sampling: Sampling;
  readonly controls: readonly ControlUse[];
  /** The encoded picture to begin at, and how far from it: 0 to 1. */
  readonly init?: { readonly latent: Tensor; readonly strength: number } | undefined;
};

/** What watches and ends the drawing of a picture. */
export type PictureHooks = {
  readonly signal: AbortSignal;
  /** See `Guidance`; only where the model was opened with `probes`. */
  readonly probe?: Guidance['probe'];
  readonly onStep?: (state: StepState) => void | Promise<void>;
};

/**
 * Draws a picture from the prompt, or from a picture that it begins at. Noise depends on seed, step and size alone: pictures that differ
 * in FreeU, prompt or controls begin at the same noise.
 * @param conditioning of [negative prompt, prompt]
 * @returns a picture of the job's size
 */
export const drawPicture = async (
  model: DiffusionModel,
  conditioning: Conditioning,
  job: PictureJob,
  hooks: PictureHooks,
): Promise<Picture> => {
  const { size, sampling, controls, init } = job;
  const { seed, steps, sampler, strengthSteps, guidance, guidanceRescale = 0, guidanceBands, guidanceWindow, wholeEvery, freeu } = sampling;
  const { factor, latentChannels } = model.info;
  const dims = [1, latentChannels, size.height / factor, size.width / factor];
  const latent = await model.denoise({
    conditioning,
    noise: gaussian({ seed, purpose: 'picture' }, dims),
    ...init,
    ...(strengthSteps && { strengthSteps }),
    steps,
    guidance,
    guidanceRescale,
    ...(guidanceBands && { guidanceBands }),
    ...(guidanceWindow && { guidanceWindow }),
    ...(wholeEvery && { wholeEvery }),
    sampler,
    stochastic: { noise: step => gaussian({ seed, purpose: 'picture step', step: step.index }, dims) },
    controls,
    ...(freeu && { freeu }),
    ...hooks,
  });
  return toPicture(await model.decodeLatent(latent, hooks.signal));
};
