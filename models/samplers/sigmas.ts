// The noise levels of the samplers that think in sigma = sqrt((1 - alpha_bar) / alpha_bar): Euler's, DPM-Solver's and UniPC's.
import { roundHalfEven } from '../../config/round-half-even.ts';
import { checkCount, linspace, type Schedule, type Spacing, type Step, timesteps } from './schedule.ts';

const LARGEST = 4096; // stands for the last sigma of a schedule without signal, which would be infinite: diffusers' alpha_bar 2^-24

/** sigma of every training timestep, rising. */
const trainedSigmas = ({ alphaBars, zeroSnr }: Schedule): number[] => {
  const sigmas = Array.from(alphaBars, a => Math.sqrt((1 - a) / a));
  return zeroSnr ? [...sigmas.slice(0, -1), LARGEST] : sigmas;
};

/** sigma at a timestep that may lie between two. */
const sigmaAt = (sigmas: readonly number[], t: number): number => {
  const below = Math.min(Math.max(Math.floor(t), 0), sigmas.length - 1);
  const [low, high] = [sigmas[below]!, sigmas[Math.min(below + 1, sigmas.length - 1)]!];
  return low + (high - low) * Math.min(Math.max(t - below, 0), 1);
};

/** The timestep of a sigma, between two by the logarithm. */
const timeOf = (sigmas: readonly number[], sigma: number): number => {
  const above = sigmas.findIndex(s => s > sigma);
  const low = Math.min(Math.max((above < 0 ? sigmas.length : above) - 1, 0), sigmas.length - 2);
  const [a, b] = [Math.log(sigmas[low]!), Math.log(sigmas[low + 1]!)];
  return low + Math.min(Math.max((a - Math.log(sigma)) / (a - b), 0), 1);
};

type Levels = 'karras' | 'exponential' | 'lu';

/** How levels are spread between the largest and the smallest, where the config does not take those of evenly spread timesteps. */
const levelsOf = ({ read }: Schedule): Levels | undefined => {
  read.refuse('use_beta_sigmas', 'use_flow_sigmas');
  const flags = { karras: 'use_karras_sigmas', exponential: 'use_exponential_sigmas', lu: 'use_lu_lambdas' };
  const set = (Object.keys(flags) as Levels[]).filter(levels => read.flag(flags[levels], false));
  if (set.length > 1) throw read.error(flags[set[1]!], `and ${flags[set[0]!]} exclude each other`);
  return set[0];
};

const RHO = 7;

/** Karras et al. 2022, eq. 5: even in sigma^(1/7); the others are even in log sigma. */
const spreadLevels = (levels: Levels, largest: number, smallest: number, count: number): number[] =>
  levels === 'karras'
    ? linspace(largest ** (1 / RHO), smallest ** (1 / RHO), count).map(root => root ** RHO)
    : linspace(Math.log(largest), Math.log(smallest), count).map(Math.exp);

const asSteps = (times: readonly number[], sigmas: readonly number[], last: number): Step[] => {
  const alphaBarOf = (sigma: number): number => 1 / (sigma * sigma + 1);
  const alphaBars = [...sigmas, last].map(alphaBarOf);
  return times.map((t, index) => ({ index, t, alphaBar: alphaBars[index]!, alphaBarNext: alphaBars[index + 1]! }));
};

const lastSigma = ({ read }: Schedule, sigmas: readonly number[], atMin = sigmas[0]!): number =>
  read.choice('final_sigmas_type', ['zero', 'sigma_min'], 'zero') === 'zero' ? 0 : atMin;

/** The level that a run begins at: the config's, but none above `top` where the run covers a part of the schedule alone. */
const largestSigma = ({ read, length, alphaBars }: Schedule, top: number): number =>
  Math.min(read.number('sigma_max', top), length < alphaBars.length ? top : Number.POSITIVE_INFINITY);

/** Euler's steps: between whole timesteps where linspace leads there; Karras' levels lie between the largest and smallest of these. */
export const eulerSteps = (schedule: Schedule, count: number): Step[] => {
  checkCount(schedule, count);
  const { read, spacing = 'linspace' } = schedule;
  read.choice('interpolation_type', ['linear'], 'linear');
  read.choice('timestep_type', ['discrete'], 'discrete');
  const trained = trainedSigmas(schedule);
  const times = timesteps(schedule, spacing, count).map(Math.fround);
  const visited = times.map(t => sigmaAt(trained, t));
  const last = lastSigma(schedule, trained);
  const levels = levelsOf(schedule);
  if (!levels) return asSteps(times, visited, last);
  const [largest, smallest] = [largestSigma(schedule, visited[0]!), read.number('sigma_min', visited.at(-1)!)];
  const sigmas = spreadLevels(levels, largest, smallest, count);
  return asSteps(
    sigmas.map(sigma => timeOf(trained, sigma)),
    sigmas,
    last,
  );
};

/** Euler ancestral's steps: no levels of its own, and down to 0. */
export const ancestralSteps = (schedule: Schedule, count: number): Step[] => {
  checkCount(schedule, count);
  const trained = trainedSigmas(schedule);
  const times = timesteps(schedule, schedule.spacing ?? 'linspace', count).map(Math.fround);
  return asSteps(
    times,
    times.map(t => sigmaAt(trained, t)),
    0,
  );
};

/** Whole timesteps for solvers: those of count + 1 without the last one, over the first `length` of the training. */
const solverTimes = ({ offset, length: whole }: Schedule, spacing: Spacing, count: number, length: number): number[] => {
  switch (spacing) {
    case 'linspace':
      return linspace(0, length - 1, count + 1)
        .map(roundHalfEven)
        .reverse()
        .slice(0, -1);
    case 'leading':
      return Array.from({ length: count }, (_, i) => (count - i) * Math.floor(length / (count + 1)) + offset);
    case 'trailing':
      return Array.from({ length: count }, (_, i) => roundHalfEven(length - (i * whole) / count) - 1);
  }
};

/** How many timesteps are left once those whose lambda = ln(1 / sigma) lies below `lambda_min_clipped` are taken away. */
const clippedLength = ({ read, length }: Schedule, sigmas: readonly number[]): number => {
  const least = read.number('lambda_min_clipped', -Infinity);
  return sigmas.slice(0, length).filter(sigma => -Math.log(sigma) >= least).length;
};

/**
 * The steps of DPM-Solver and UniPC: whole timesteps.
 * @param method UniPC ends at the smallest of Karras' levels where the config says sigma_min, DPM-Solver at the training's
 */
export const solverSteps = (schedule: Schedule, count: number, method: 'dpm' | 'unipc'): Step[] => {
  checkCount(schedule, count);
  const { read, spacing = 'linspace' } = schedule;
  const trained = trainedSigmas(schedule);
  const levels = levelsOf(schedule);
  if (!levels) {
    const length = method === 'dpm' ? clippedLength(schedule, trained) : schedule.length;
    const times = solverTimes(schedule, spacing, count, length);
    if (times.some(t => t < 0 || t >= trained.length))
      throw read.error('timestep_spacing', `${spacing} has no ${count} steps here: ask for fewer`);
    return asSteps(
      times,
      times.map(t => sigmaAt(trained, t)),
      lastSigma(schedule, trained),
    );
  }
  const top = trained[schedule.length - 1]!;
  const [largest, smallest] = [largestSigma(schedule, top), read.number('sigma_min', trained[0]!)];
  const sigmas = spreadLevels(levels, largest, smallest, count);
  const rounds =
    levels !== 'exponential' &&
    read.choice('beta_schedule', ['linear', 'scaled_linear', 'squaredcos_cap_v2'], 'linear') !== 'squaredcos_cap_v2';
  const whole = rounds || (method === 'unipc' && levels === 'karras') ? roundHalfEven : Math.trunc;
  return asSteps(
    sigmas.map(sigma => whole(timeOf(trained, sigma))),
    sigmas,
    lastSigma(schedule, trained, method === 'unipc' ? sigmas.at(-1)! : trained[0]!),
  );
};
