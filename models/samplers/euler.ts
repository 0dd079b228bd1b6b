// Euler's method and its ancestral variant (Karras et al. 2022, algorithm 1 without churn; k-diffusion's sample_euler_ancestral).

import { firstOrder, type Sampler } from './sampler.ts';
import type { Schedule, Step } from './schedule.ts';
import { ancestralSteps, eulerSteps } from './sigmas.ts';
import { noThreshold } from './thresholding.ts';

/** With leading spacing the noise is taken for what it is; the others start at x0 = 0, noised: sqrt(1 - alpha_bar) noise. */
const startOf = ({ spacing }: Schedule, steps: readonly Step[]): number =>
  spacing === 'leading' ? 1 : Math.sqrt(1 - (steps[0]?.alphaBar ?? 0));

/** A first-order sampler over all `steps`, begun at number `first`. */
const samplerOf = (schedule: Schedule, steps: readonly Step[], first: number, spread: Sampler['spread']): Sampler => ({
  prediction: schedule.prediction,
  steps: steps.slice(first),
  start: startOf(schedule, steps),
  memory: 0,
  spread,
  threshold: noThreshold,
  advance: firstOrder(spread),
});

/**
 * In y = x / sqrt(alpha_bar) = x0 + sigma eps: y' = y + (sigma' - sigma) (y - x0) / sigma = x0 + sigma' eps. Times sqrt(alpha_bar') this is
 * DDIM's step; the two differ in the levels that they visit.
 */
export const euler = (schedule: Schedule, count: number, first: number): Sampler => {
  return samplerOf(schedule, eulerSteps(schedule, count), first, () => 0);
};

/**
 * y' = x0 + down eps + up z with up^2 = sigma'^2 (sigma^2 - sigma'^2) / sigma^2 and down^2 = sigma'^2 - up^2: as much fresh noise as DDPM's
 * posterior has.
 */
export const eulerAncestral = (schedule: Schedule, count: number, first: number): Sampler => {
  /** up in units of x: sqrt(alpha_bar') up. */
  const spread = ({ alphaBar, alphaBarNext }: Step): number => {
    const [from, to] = [(1 - alphaBar) / alphaBar, (1 - alphaBarNext) / alphaBarNext]; // sigma^2
    return Math.sqrt((alphaBarNext * to * (from - to)) / from);
  };
  return samplerOf(schedule, ancestralSteps(schedule, count), first, spread);
};
