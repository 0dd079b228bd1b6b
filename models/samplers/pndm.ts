// PNDM (Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds"): DDIM's step along a noise estimate of higher order.
import { roundHalfEven } from '../../config/round-half-even.ts';
import { type Tensor, tensor } from '../tensor.ts';
import { blend, interpret, type Term } from './arithmetic.ts';
import { ScheduleError } from './config.ts';
import type { Point, Sampler, StepInput } from './sampler.ts';
import { alphaBarAt, checkCount, type Schedule, type Step, timesteps } from './schedule.ts';
import { noThreshold } from './thresholding.ts';

/** Adams-Bashforth's weights for 1 to 4 answers of the network, the newest first (eq. 12). */
const WEIGHTS = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]];

/** A step of PNDM: from the x of the point `back` steps before, taken to be at level `from`, with these weights of the answers `behind`. */
type Plan = {
  readonly step: Step;
  readonly back: number;
  readonly from: number;
  readonly weights: readonly (readonly [behind: number, weight: number])[];
};

const MEAN = [
  [0, 1 / 2],
  [1, 1 / 2],
] as const;

const visited = (schedule: Schedule, count: number): number[] =>
  timesteps(schedule, schedule.spacing ?? 'leading', count).map(roundHalfEven);

/**
 * Linear multistep: the second step goes over the first one's way again with the mean of both answers, so there is one step more than asked
 * for. A run that begins later repeats nothing on its list of timesteps, so that the second step comes off one place too late; as in
 * diffusers.
 */
const multistep = (schedule: Schedule, count: number, first: number, alphaBarOf: (t: number) => number): Plan[] => {
  const stride = Math.floor(schedule.length / count);
  const times = visited(schedule, count);
  const list = [...times.slice(0, 2), ...times.slice(1)];
  return list.slice(first).map((t, counter): Plan => {
    const place = { index: first + counter, t, alphaBar: alphaBarOf(t) };
    if (counter === 1) return { step: { ...place, alphaBarNext: place.alphaBar }, back: 1, from: alphaBarOf(t + stride), weights: MEAN };
    // the repeated step's answer is dropped
    const behind = Array.from({ length: counter + 1 }, (_, k) => k).filter(k => counter - k !== 1);
    const weights = (WEIGHTS[Math.min(behind.length, 4) - 1] ?? []).map((w, k) => [behind[k]!, w] as const);
    return { step: { ...place, alphaBarNext: alphaBarOf(t - stride) }, back: 0, from: place.alphaBar, weights };
  });
};

const RUNGE_KUTTA = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/** Three steps of the pseudo Runge-Kutta method (eq. 13), four calls each, then linear multistep with their first answers. */
const rungeKutta = (schedule: Schedule, count: number, alphaBarOf: (t: number) => number): Plan[] => {
  const stride = Math.floor(schedule.length / count);
  const half = Math.floor(stride / 2);
  const times = visited(schedule, count);
  const plans = [0, 1, 2].flatMap(group => {
    const [t, end] = [times[group]!, times[group + 1]!];
    const asked = [t!, end! + half, end! + half, end!];
    return asked.map((t, k): Plan => {
      const next = k % 2 === 0 ? t - half : t;
      const weights = k < 3 ? [[0, 1] as const] : RUNGE_KUTTA.map((w, j) => [3 - j, w] as const);
      const step = { index: 4 * group + k, t, alphaBar: alphaBarOf(t), alphaBarNext: alphaBarOf(next) };
      return { step, back: k, from: alphaBarOf(asked[0]!), weights };
    });
  });
  const rest = times.slice(3).map((t, k): Plan => {
    const index = 12 + k;
    const indices = [...Array.from({ length: k + 1 }, (_, j) => 12 + j), 0, 4, 8].sort((a, b) => b - a).slice(0, 4); // of the answers
    return {
      step: { index, t, alphaBar: alphaBarOf(t), alphaBarNext: alphaBarOf(t - stride) },
      back: 0,
      from: alphaBarOf(t),
      weights: indices.map((at, j) => [index - at, WEIGHTS[3]![j]!]),
    };
  });
  return [...plans, ...rest];
};

/**
 * x' = sqrt(a') x0 + sqrt(1 - a') e, where e combines the answers of the last steps (eq. 11 is DDIM's step in other words).
 * Each step goes T / count timesteps down, also where the spacing puts the next one a little elsewhere.
 */
export const pndm = (schedule: Schedule, count: number, first: number): Sampler => {
  checkCount(schedule, count);
  const { prediction, read, alphaBars } = schedule;
  if (prediction === 'sample') throw read.error('prediction_type', '"sample" is not supported by PNDM');
  const final = read.flag('set_alpha_to_one', false) ? 1 : alphaBars[0]!;
  const alphaBarOf = (t: number): number => (t < 0 ? final : alphaBarAt(schedule, t));
  const skips = read.flag('skip_prk_steps', false);
  if (!skips && (first > 0 || count < 4)) {
    throw new ScheduleError(`${read.where}: skip_prk_steps false needs at least 4 steps, and noise alone to start from`);
  }
  const plans = skips ? multistep(schedule, count, first, alphaBarOf) : rungeKutta(schedule, count, alphaBarOf);
  const planOf = new Map(plans.map(plan => [plan.step.index, plan]));

  /** The points of a plan that are there: where a run is continued without its memory there are fewer, and the newest stands for all. */
  const advance = ({ now, past }: StepInput): Tensor => {
    const all: Point[] = [now, ...[...past].reverse()];
    const plan = planOf.get(now.step.index);
    const complete = plan?.weights.every(([behind]) => all[behind]) ? plan : undefined;
    const base = (complete && all[complete.back]) ?? now;
    const output = complete ? blend([0, now.output], ...complete.weights.map(([behind, w]): Term => [w, all[behind]!.output])) : now.output;
    const combined = interpret(prediction, base.x, output, complete?.from ?? now.step.alphaBar);
    const plain = interpret(prediction, base.x, base.output, base.step.alphaBar);
    const [signal, noise] = [Math.sqrt(now.step.alphaBarNext), Math.sqrt(1 - now.step.alphaBarNext)];
    const clean = tensor(
      base.x.dims,
      base.denoised.data.map((v, i) => (v === plain.denoised.data[i] ? combined.denoised.data[i]! : v)), // edited numbers stay as they are
    );
    return blend([signal, clean], [noise, combined.eps]);
  };
  return {
    prediction,
    steps: plans.map(({ step }) => step),
    start: 1,
    memory: skips ? 4 : 12,
    spread: () => 0,
    threshold: noThreshold,
    advance,
  };
};
