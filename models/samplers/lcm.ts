// Latent consistency models (Luo et al. 2023, arXiv 2310.04378): few steps, each a clean sample noised again.
import { BOUNDS } from '../networks/limits.ts';
import type { Tensor } from '../tensor.ts';
import { blend } from './arithmetic.ts';
import { firstOrder, type Sampler } from './sampler.ts';
import { alphaBarAt, checkCount, checkSignal, type Schedule, type Step } from './schedule.ts';
import { thresholdOf } from './thresholding.ts';

const SIGMA_DATA = 0.5;

/** `count` of the `original_inference_steps` timesteps that distillation saw, evenly spread by their place. */
const lcmTimes = (schedule: Schedule, count: number): number[] => {
  checkCount(schedule, count);
  const { read, alphaBars, length } = schedule;
  const original = read.count('original_inference_steps', BOUNDS.timesteps, 50);
  if (original > alphaBars.length)
    throw read.error('original_inference_steps', `${original} exceeds the ${alphaBars.length} timesteps of training`);
  if (count > original) throw read.error('original_inference_steps', `${original} allows for at most so many steps, got ${count}`);
  const stride = Math.floor(alphaBars.length / original);
  const covered = Math.max(count, Math.min(original, Math.floor(length / stride))); // of these, in a run over a part of the schedule
  return Array.from({ length: count }, (_, i) => (covered - Math.floor((i * covered) / count)) * stride - 1);
};

/**
 * f(x, t) = c_skip x + c_out x0, c_skip = d^2 / (s^2 + d^2), c_out = s / sqrt(s^2 + d^2) with s = `timestep_scaling` t and d = 0.5
 * (appendix C); then x' = sqrt(a') f + sqrt(1 - a') z, and f itself after the last step.
 */
export const lcm = (schedule: Schedule, count: number, first: number): Sampler => {
  const { read, prediction } = schedule;
  const times = lcmTimes(schedule, count);
  const alphaBars = times.map(t => alphaBarAt(schedule, t));
  const steps = times.map((t, index): Step => ({ index, t, alphaBar: alphaBars[index]!, alphaBarNext: alphaBars[index + 1] ?? 1 }));
  const scaling = read.number('timestep_scaling', 10);
  const spread = ({ alphaBarNext }: Step): number => Math.sqrt(1 - alphaBarNext);
  return {
    prediction,
    steps: checkSignal(schedule, steps).slice(first),
    start: 1,
    memory: 0,
    spread,
    threshold: thresholdOf(schedule, false),
    refine: (denoised: Tensor, x: Tensor, { t }: Step): Tensor => {
      const s = scaling * t;
      const size = s * s + SIGMA_DATA * SIGMA_DATA;
      return blend([s / Math.sqrt(size), denoised], [(SIGMA_DATA * SIGMA_DATA) / size, x]);
    },
    advance: firstOrder(spread),
  };
};
