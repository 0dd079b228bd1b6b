// How a run of the sampler goes: made once from the options, and passed on untouched to the denoiser.
import type { SamplerName, StrengthSteps } from '../../config/samplers.ts';
import type { FreeUUse } from './freeu.ts';
import type { GuidanceBands } from './guidance-bands.ts';
import type { StepWindow } from './step-window.ts';

export type Sampling = {
  /** Of all noise: same seed, same picture. */
  readonly seed: number;
  /** Denoising steps of the whole schedule. */
  readonly steps: number;
  readonly sampler: SamplerName;
  /** How steps are counted where drawing begins at a picture; default `whole`. */
  readonly strengthSteps?: StrengthSteps;
  /** Classifier-free guidance; 1 or less runs without the negative prompt. */
  readonly guidance: number;
  /** See `DenoiseRequest`. */
  readonly guidanceRescale?: number;
  readonly guidanceBands?: GuidanceBands;
  readonly guidanceWindow?: StepWindow;
  /** Every how many steps the whole U-Net is run; see `DenoiseRequest`. */
  readonly wholeEvery?: number;
  /** Undefined: off. */
  readonly freeu: FreeUUse | undefined;
};
