// The options by which key frames are tied to each other, and the settings that follow.
import type { PeriodSetting } from '../../config/option.ts';
import type { Options } from '../../config/options.ts';
import { beginAt } from '../../models/samplers/schedule.ts';
import type { DrawOptions, FusionSettings } from '../../stages/keyframes/settings.ts';

/** What decides which states and latents a key frame leaves for others. */
export const STATES = ['crossPeriod', 'looseCfattn', 'warpPeriod', 'adaPeriod', 'bankPrecision'] as const;

/** What decides how a key frame behind an anchor is tied to it. */
export const FUSIONS = [...STATES, 'maskPeriod', 'maskStrength', 'innerStrength', 'maskNoise', 'smoothBoundary'] as const;

type Ties = Pick<FusionSettings, 'cross' | 'loose' | 'warp' | 'ada'>;

const periodOf = (period: PeriodSetting) => (period === 'off' ? undefined : period);

/** How a key frame follows what others left. */
export const tiesOf = (options: Pick<Options, (typeof STATES)[number]>): Ties => ({
  cross: periodOf(options.crossPeriod),
  loose: options.looseCfattn,
  warp: periodOf(options.warpPeriod),
  ada: periodOf(options.adaPeriod),
});

export const fusionsOf = (options: Pick<Options, (typeof FUSIONS)[number]>): FusionSettings => ({
  ...tiesOf(options),
  mask: periodOf(options.maskPeriod),
  maskStrength: options.maskStrength,
  innerStrength: options.innerStrength,
  maskNoise: options.maskNoise,
  smoothBoundary: options.smoothBoundary,
});

/** Of a key frame by itself. */
export const NO_FUSIONS: FusionSettings = {
  cross: undefined,
  loose: false,
  warp: undefined,
  ada: undefined,
  mask: undefined,
  maskStrength: 0,
  innerStrength: 0,
  smoothBoundary: false,
};

/** The step at which the noised frame enters, and what of the schedule the steps cover; or noise alone. */
export const beginOf = ({
  steps,
  strength,
  strengthSteps,
  fromNoise,
}: Pick<Options, 'steps' | 'strength' | 'strengthSteps' | 'fromNoise'>): Pick<DrawOptions, 'begin' | 'span'> => {
  if (fromNoise) return { begin: 'noise' };
  const { first: begin, span } = beginAt(steps, strength, strengthSteps);
  return { begin, span };
};
