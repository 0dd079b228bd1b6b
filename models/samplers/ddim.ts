// DDIM (Song, Meng & Ermon 2021, "Denoising Diffusion Implicit Models").
import { roundHalfEven } from '../../config/round-half-even.ts';
import { firstOrder, type Sampler } from './sampler.ts';
import { alphaBarAt, checkCount, checkSignal, type Schedule, type Step, timesteps } from './schedule.ts';
import { thresholdOf } from './thresholding.ts';

// Only these clip the clean sample when the config does not say; the others have no such option.
const CLIPPING_CLASSES = [undefined, 'DDIMScheduler', 'DDPMScheduler'];

/** The steps of a run of `count`, from the noisiest: t to t - T / count, and behind the last timestep alpha_bar 1 or that of timestep 0. */
export const ddimSteps = (schedule: Schedule, count: number): readonly Step[] => {
  checkCount(schedule, count);
  const { alphaBars, length, read, spacing = 'leading' } = schedule;
  const final = read.flag('set_alpha_to_one', true) ? 1 : alphaBars[0]!;
  const stride = Math.floor(length / count);
  const steps = timesteps(schedule, spacing, count).map((time, index): Step => {
    const t = roundHalfEven(time);
    return { index, t, alphaBar: alphaBarAt(schedule, t), alphaBarNext: alphaBars[t - stride] ?? final };
  });
  return checkSignal(schedule, steps);
};

/**
 * x' = sqrt(a') x0 + sqrt(1 - a' - s^2) eps + s z (eq. 12), s = eta sqrt((1 - a') / (1 - a)) sqrt(1 - a / a') (eq. 16).
 * eta 0 is deterministic, eta 1 as noisy as DDPM.
 */
export const ddim = (schedule: Schedule, count: number, first: number, eta = 0): Sampler => {
  const spread = ({ alphaBar, alphaBarNext }: Step): number =>
    eta === 0 ? 0 : eta * Math.sqrt(((1 - alphaBarNext) / (1 - alphaBar)) * (1 - alphaBar / alphaBarNext));
  return {
    prediction: schedule.prediction,
    steps: ddimSteps(schedule, count).slice(first),
    start: 1,
    memory: 0,
    spread,
    threshold: thresholdOf(schedule, CLIPPING_CLASSES.includes(schedule.read.className)),
    advance: firstOrder(spread),
  };
};
