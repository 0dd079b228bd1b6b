// The settings of drawing key frames, from the options of a run.
import type { PeriodSetting } from '../config/option.ts';
import type { Options } from '../config/options.ts';
import { firstStep } from '../models/samplers/schedule.ts';
import { type ControlImageMaker, tileImage } from '../stages/keyframes/control.ts';
import type { DrawOptions, FusionSettings } from '../stages/keyframes/settings.ts';
import type { Controls } from './controls.ts';
import { freeuOf } from './open-model.ts';

const periodOf = (period: PeriodSetting) => (period === 'off' ? undefined : period);

/** How key frames are tied to each other. */
const fusionOf = (options: Options): FusionSettings => ({
  cross: periodOf(options.crossPeriod),
  loose: options.looseCfattn,
  warp: periodOf(options.warpPeriod),
  ada: periodOf(options.adaPeriod),
  mask: periodOf(options.maskPeriod),
  maskStrength: options.maskStrength,
  innerStrength: options.innerStrength,
  maskNoise: options.maskNoise,
  smoothBoundary: options.smoothBoundary,
});

/** The step at which the noised frame enters; or noise alone. */
const beginOf = ({ steps, strength, fromNoise }: Options): DrawOptions['begin'] => (fromNoise ? 'noise' : firstStep(steps, strength));

/** @param hints one for each ControlNet */
export const drawOptions = (options: Options, controls: Controls, hints: readonly ControlImageMaker[]): DrawOptions => ({
  seed: options.seed,
  steps: options.steps,
  sampler: options.sampler,
  begin: beginOf(options),
  startNoise: options.startNoise,
  guidance: options.cfgScale,
  freeu: freeuOf(options),
  controls: controls.map(({ scale, guess, steps: [start, end] }, i) => ({ scale, guess, start, end, image: hints[i] ?? tileImage })),
  fusion: fusionOf(options),
});
