// The options of a run of the sampler, and the one value that is made of them.
import type { Options } from '../../config/options.ts';
import type { FreeUUse } from '../../models/denoise/guided-denoiser.ts';
import type { Sampling } from '../../models/denoise/sampling.ts';

/** What every step reads that denoises. `freeuStages` and `freeuOrder` are built into the network. */
export const SAMPLING = [
  'seed',
  'steps',
  'sampler',
  'cfgScale',
  'guidanceRescale',
  'freeu',
  'freeuVersion',
  'freeuStages',
  'freeuOrder',
  'freeuStart',
  'freeuEnd',
] as const;

type SamplingOptions = Pick<Options, (typeof SAMPLING)[number]>;

/** FreeU as the options ask for it. */
export const freeuOf = ({
  freeu,
  freeuVersion,
  freeuStart,
  freeuEnd,
}: Pick<Options, 'freeu' | 'freeuVersion' | 'freeuStart' | 'freeuEnd'>): FreeUUse | undefined =>
  freeu === 'off' ? undefined : { ...freeu, version: freeuVersion === '1' ? 1 : 2, start: freeuStart, end: freeuEnd };

export const samplingOf = (options: SamplingOptions): Sampling => ({
  seed: options.seed,
  steps: options.steps,
  sampler: options.sampler,
  guidance: options.cfgScale,
  ...(options.guidanceRescale > 0 && { guidanceRescale: options.guidanceRescale }),
  freeu: freeuOf(options),
});
