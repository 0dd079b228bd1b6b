// DPM-Solver++, multistep, for the data prediction (Lu et al. 2022, arXiv 2211.01095), deterministic and as an SDE.
import { BOUNDS } from '../networks/limits.ts';
import type { Tensor } from '../tensor.ts';
import { blend, type Term } from './arithmetic.ts';
import { levelOf } from './level.ts';
import type { Point, Sampler, StepInput } from './sampler.ts';
import type { Schedule, Step } from './schedule.ts';
import { solverSteps } from './sigmas.ts';
import { dynamicThresholdOf } from './thresholding.ts';

const SHORTEST = 1e-9; // of lambda: below it a step leads nowhere

/** lambda of the level at which a point's clean sample was predicted. */
const lambda = ({ step }: Point): number => levelOf(step.alphaBar).lambda;

/**
 * First and second differences of the predicted clean samples x0(lambda), in units of the step h = lambda' - lambda:
 * D1 = (m0 - m1) / r0, with a third point D1 + r0/(r0 + r1) (D1 - D1') and D2 = (D1 - D1') / (r0 + r1), r = h_before / h.
 */
const differences = (now: Point, past: readonly Point[], order: number, h: number): Tensor[] => {
  const [m1, m2] = [past.at(-1), past.at(-2)];
  if (order === 1 || !m1) return [];
  const r0 = (lambda(now) - lambda(m1)) / h;
  const d10 = blend([1 / r0, now.denoised], [-1 / r0, m1.denoised]);
  if (order === 2 || !m2) return [d10];
  const r1 = (lambda(m1) - lambda(m2)) / h;
  const d11 = blend([1 / r1, m1.denoised], [-1 / r1, m2.denoised]);
  return [blend([1 + r0 / (r0 + r1), d10], [-r0 / (r0 + r1), d11]), blend([1 / (r0 + r1), d10], [-1 / (r0 + r1), d11])];
};

/**
 * With alpha, sigma, lambda of the step's two levels and h = lambda' - lambda:
 * - order 1: x' = (sigma'/sigma) x + alpha' (1 - e^-h) m0
 * - order 2: + alpha' (1 - e^-h)/2 D1 (`midpoint`) or + alpha' ((e^-h - 1)/h + 1) D1 (`heun`)
 * - order 3: the latter, and - alpha' ((e^-h - 1 + h)/h^2 - 1/2) D2
 * - SDE: x' = (sigma'/sigma) e^-h x + alpha' (1 - e^-2h) (m0 + D1/2) + sigma' sqrt(1 - e^-2h) z
 * A run begins with order 1, and ends with it where the last level has no noise.
 */
export const dpmSolver = (schedule: Schedule, count: number, first: number): Sampler => {
  const { read, prediction } = schedule;
  read.refuse('variance_type');
  const sde = read.choice('algorithm_type', ['dpmsolver++', 'sde-dpmsolver++', 'deis'], 'dpmsolver++') === 'sde-dpmsolver++';
  // logrho is DEIS's, bh1 and bh2 are UniPC's: midpoint here
  const heun = read.choice('solver_type', ['midpoint', 'heun', 'logrho', 'bh1', 'bh2'], 'midpoint') === 'heun';
  const solverOrder = read.count('solver_order', BOUNDS.order, 2);
  if (solverOrder > (sde ? 2 : 3)) throw read.error('solver_order', `${solverOrder} is not supported; at most ${sde ? 2 : 3} is`);
  const lowerAtEnd = read.flag('lower_order_final', true) && count < 15;
  const eulerAtEnd = read.flag('euler_at_final', false);
  const steps = solverSteps(schedule, count, 'dpm');

  const orderAt = ({ index, alphaBarNext }: Step, points: number): number => {
    const left = count - index; // 1 at the last step
    if (alphaBarNext === 1 || (left === 1 && (eulerAtEnd || lowerAtEnd))) return 1;
    return Math.min(solverOrder, points, lowerAtEnd && left === 2 ? 2 : 3);
  };
  /** e^-h, which is 0 at a level without noise. */
  const decay = ({ alphaBar, alphaBarNext }: Step): number => {
    const [from, to] = [levelOf(alphaBar), levelOf(alphaBarNext)];
    return (to.sigma * from.alpha) / (to.alpha * from.sigma);
  };
  const spread = (step: Step): number => (sde ? levelOf(step.alphaBarNext).sigma * Math.sqrt(1 - decay(step) ** 2) : 0);

  const advance = ({ now, past, noise }: StepInput): Tensor => {
    const { step, x, denoised } = now;
    const [from, to] = [levelOf(step.alphaBar), levelOf(step.alphaBarNext)];
    const [h, e] = [to.lambda - from.lambda, decay(step)];
    if (h < SHORTEST) return x; // Karras' levels may end where the schedule does: sigma_min
    const [d1, d2] = differences(now, past, orderAt(step, past.length + 1), h);
    const reach = sde ? 1 - e * e : 1 - e;
    const terms: Term[] = [[to.alpha * reach, denoised]];
    const curved = sde ? 1 - reach / (2 * h) : 1 - reach / h;
    if (d1) terms.push([to.alpha * (heun || d2 ? curved : reach / 2), d1]);
    if (d2) terms.push([-to.alpha * ((e - 1 + h) / (h * h) - 0.5), d2]);
    const fresh = spread(step);
    if (fresh > 0) terms.push([fresh, noise()]);
    return blend([(to.sigma / from.sigma) * (sde ? e : 1), x], ...terms);
  };

  return {
    prediction,
    steps: steps.slice(first),
    start: 1,
    memory: solverOrder - 1,
    spread,
    threshold: dynamicThresholdOf(schedule),
    advance,
  };
};
