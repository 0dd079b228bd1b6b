// diffusers' schedulers as samplers of this program, and their latents in its units.
import type { SamplerName } from '../../config/samplers.ts';
import { blend } from '../../models/samplers/arithmetic.ts';
import { elements, type Tensor, tensor } from '../../models/tensor.ts';

/** Schedulers by the sampler that does the same with the folder's config. */
export const SAMPLER: Readonly<Record<string, SamplerName>> = {
  DDIMScheduler: 'ddim',
  EulerDiscreteScheduler: 'euler',
  EulerAncestralDiscreteScheduler: 'euler-a',
  DPMSolverMultistepScheduler: 'dpm++2m',
  UniPCMultistepScheduler: 'unipc',
  PNDMScheduler: 'pndm',
  LCMScheduler: 'lcm',
};

/** Latents of Euler's methods are x0 + sigma eps in diffusers, sqrt(alpha_bar) times that here. */
export const inTheirUnits = (scheduler: string, x: Tensor, alphaBar: number): Tensor =>
  scheduler.startsWith('Euler') ? blend([1 / Math.sqrt(alphaBar), x]) : x;

/** The i-th along the first axis. */
export const entry = ({ dims: [, ...dims], data }: Tensor, i: number): Tensor =>
  tensor(dims, data.subarray(i * elements(dims), (i + 1) * elements(dims)));
