// What a diffusion model is asked to denoise, and what guides it.
import type { SamplerName, StrengthSteps } from '../config/samplers.ts';
import type { Conditioning } from './conditioning.ts';
import type { GuidanceBands } from './denoise/guidance-bands.ts';
import type { Guidance } from './denoise/guided-denoiser.ts';
import type { StepWindow } from './denoise/step-window.ts';
import type { SampleHooks, SampleOptions } from './samplers/sampler.ts';
import type { Step } from './samplers/schedule.ts';
import type { Tensor } from './tensor.ts';

/** What is denoised, and what guides it. Edits and watching of single steps are the hooks at its end. */
export type DenoiseRequest = {
  /** Two prompts: `encodeText([negative, prompt])`. */
  readonly conditioning: Conditioning;
  /** Standard normal [n, c, h, w]; of a video model [n, c, f, h, w], as all its latents here. */
  readonly noise: Tensor;
  /** The pictures' latents [n, c, h, w], noised to where the run begins. Without them the run begins at noise alone. */
  readonly latent?: Tensor;
  /** Share of the steps that run, 0 to 1, default 1. Only with `latent`; 1 still begins at the noised latents. */
  readonly strength?: number;
  /** How the steps at `strength` are counted, default `whole`. */
  readonly strengthSteps?: StrengthSteps;
  /** Index of the first step, and the share of the schedule that all steps cover (default 1): in place of `strength`. */
  readonly first?: number;
  readonly span?: number;
  /** Steps of the whole schedule. */
  readonly steps: number;
  /** Default 7.5; 1 or less runs without the negative prompt, in half the time. */
  readonly guidance?: number;
  /** How far guidance's wider spread is brought back to that of the prompt alone, 0 (default) to 1 (Lin et al. 2024). */
  readonly guidanceRescale?: number;
  /** Weights of guidance's low and high frequencies (frequency-decoupled guidance); default: `guidance` for both. */
  readonly guidanceBands?: GuidanceBands;
  /** The part of the run's steps that are guided, default all (Kynkäänniemi et al. 2024); the others take half the time. */
  readonly guidanceWindow?: StepWindow;
  /**
   * Every how many steps the whole U-Net is run, default 1. The steps between run its first and last layers, and go on from the deep
   * features and ControlNets' residuals of the last whole one. Takes a model that was opened with `unet.shallowBlocks`.
   */
  readonly wholeEvery?: number;
  /** Default `ddim`. */
  readonly sampler?: SamplerName;
  /** Standard normal noise of a step, for samplers that add some; and how much of it DDIM adds, default 0, at 1 as much as DDPM. */
  readonly stochastic?: { readonly eta?: number; readonly noise: (step: Step) => Tensor };
  /**
   * Begins at a later step of the same run, with what its `onStep` told of the step before. Without `memory` a sampler of higher order
   * starts anew with its first order.
   */
  readonly resume?: { readonly index: number; readonly x: Tensor } & Pick<SampleOptions, 'direction' | 'memory'>;
} & Partial<Pick<Guidance, 'controls' | 'freeu' | 'attention' | 'probe'>> &
  SampleHooks;

/** What guides a denoiser, as in {@link DenoiseRequest}. */
export type DenoiserRequest = Pick<
  DenoiseRequest,
  | 'conditioning'
  | 'guidance'
  | 'guidanceRescale'
  | 'guidanceBands'
  | 'guidanceWindow'
  | 'wholeEvery'
  | 'controls'
  | 'freeu'
  | 'attention'
  | 'probe'
  | 'signal'
> & {
  /** Steps of the whole schedule, and index of the first that runs (default 0); windows of FreeU and ControlNets are parts of these. */
  readonly steps: number;
  readonly first?: number;
};
