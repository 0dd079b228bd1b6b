// The options of a run of the sampler, and the one value that is made of them.
import { parseStages } from '../../config/freeu-stages.ts';
import type { Options } from '../../config/options.ts';
import type { FreeUUse } from '../../models/denoise/freeu.ts';
import type { Sampling } from '../../models/denoise/sampling.ts';

/** What every step reads that denoises. `freeuStages`, `freeuOrder` and what makes it fast are built into the network. */
export const SAMPLING = [
  'seed',
  'steps',
  'sampler',
  'cfgScale',
  'cfgLow',
  'cfgHigh',
  'guidanceRescale',
  'guidanceStart',
  'guidanceEnd',
  'deepCache',
  'deepCacheBlocks',
  'precision',
  'int8',
  'tokenDownsampling',
  'freeu',
  'freeuVersion',
  'freeuStages',
  'freeuStage',
  'freeuOrder',
  'freeuStart',
  'freeuEnd',
  'freeuSmooth',
] as const;

type SamplingOptions = Pick<Options, (typeof SAMPLING)[number]>;

/** FreeU as the options ask for it. */
export const freeuOf = ({
  freeu,
  freeuVersion: version,
  freeuStage,
  freeuStart: start,
  freeuEnd: end,
  freeuSmooth: smooth,
}: Pick<Options, 'freeu' | 'freeuVersion' | 'freeuStage' | 'freeuStart' | 'freeuEnd' | 'freeuSmooth'>): FreeUUse | undefined => {
  if (freeu === 'off') return undefined;
  const [first, second, third] = parseStages(freeuStage);
  const further = { b3: third.b, s3: third.s, h1: first.high, h2: second.high, h3: third.high };
  const asked = Object.fromEntries(Object.entries(further).filter(([, factor]) => factor !== undefined));
  return { ...freeu, ...asked, version, start, end, ...(smooth > 0 && { smooth }) };
};

/** Weights of guidance's two bands; absent where both are that of the whole. */
const bandsOf = ({ cfgScale, cfgLow: low = cfgScale, cfgHigh: high = cfgScale }: Pick<Options, 'cfgScale' | 'cfgLow' | 'cfgHigh'>) =>
  low === cfgScale && high === cfgScale ? {} : { guidanceBands: { low, high } };

const isWhole = ({ guidanceStart, guidanceEnd }: Pick<Options, 'guidanceStart' | 'guidanceEnd'>): boolean =>
  guidanceStart === 0 && guidanceEnd === 1;

/** What a step reads besides where drawing begins at a picture. */
export const BEGINNING = ['strength', 'strengthSteps'] as const;

export const samplingOf = (options: SamplingOptions): Sampling => ({
  seed: options.seed,
  steps: options.steps,
  sampler: options.sampler,
  guidance: options.cfgScale,
  ...bandsOf(options),
  ...(isWhole(options) ? {} : { guidanceWindow: { start: options.guidanceStart, end: options.guidanceEnd } }),
  ...(options.deepCache > 1 && { wholeEvery: options.deepCache }),
  ...(options.guidanceRescale > 0 && { guidanceRescale: options.guidanceRescale }),
  freeu: freeuOf(options),
});
