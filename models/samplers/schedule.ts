// The noise schedule of a model, read from its scheduler_config.json, and the timesteps that a run visits.
import { roundHalfEven } from '../../config/round-half-even.ts';
import { SPACINGS, type StrengthSteps } from '../../config/samplers.ts';
import { cut } from '../../config/show.ts';
import { BOUNDS } from '../networks/limits.ts';
import { type Config, type ConfigReader, configReader, ScheduleError } from './config.ts';

/** What the network's output means: the noise, the velocity (Salimans & Ho 2022), or the clean sample. */
export type Prediction = 'epsilon' | 'v_prediction' | 'sample';

/** How the visited timesteps are spread over the training's. */
export type Spacing = (typeof SPACINGS)[number];

/** The noise schedule that a model was trained with. */
export type Schedule = {
  /** Cumulative products alpha_bar_t of 1 - beta_t, one a training timestep; falling from nearly 1. */
  readonly alphaBars: Float64Array;
  readonly prediction: Prediction;
  /** How many of these timesteps, from the clean end, a whole run is spread over. */
  readonly length: number;
  /** Undefined where the config does not say: each sampler has its own custom. */
  readonly spacing: Spacing | undefined;
  /** Added to every timestep of leading spacing. */
  readonly offset: number;
  /** Whether training ended in pure noise (Lin et al. 2024, algorithm 1): the last alpha_bar is 0. */
  readonly zeroSnr: boolean;
  /** The config's other keys; each sampler reads those that it knows. */
  readonly read: ConfigReader;
};

/** One denoising step: from `alphaBar` to `alphaBarNext`. */
export type Step = {
  /** Position in the whole schedule from 0, also where a run starts later. */
  readonly index: number;
  /** Training timestep, which the network is told; may lie between two. */
  readonly t: number;
  /** alpha_bar, the cumulative product, before and after the step. */
  readonly alphaBar: number;
  readonly alphaBarNext: number;
};

export const linspace = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? from : from + ((to - from) * i) / (count - 1)));

/** The noise variance beta_t that training added at each timestep. */
const readBetas = (read: ConfigReader): readonly number[] => {
  const trained = read.numbers('trained_betas', BOUNDS.timesteps[1]);
  if (trained) {
    if (trained.length > 0 && trained.every(b => b > 0 && b < 1)) return trained;
    throw read.error('trained_betas', 'must be a list of numbers between 0 and 1');
  }
  const count = read.count('num_train_timesteps', BOUNDS.timesteps, 1000);
  const [start, end] = [read.number('beta_start', 1e-4), read.number('beta_end', 0.02)];
  switch (read.choice('beta_schedule', ['linear', 'scaled_linear', 'squaredcos_cap_v2'], 'linear')) {
    case 'linear':
      return linspace(start, end, count);
    case 'scaled_linear':
      return linspace(Math.sqrt(start), Math.sqrt(end), count).map(b => b * b);
    case 'squaredcos_cap_v2': {
      const bar = (u: number): number => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2; // Nichol & Dhariwal 2021, eq. 17
      return Array.from({ length: count }, (_, t) => Math.min(1 - bar((t + 1) / count) / bar(t / count), 0.999));
    }
  }
};

/** sqrt(alpha_bar) shifted and scaled so that the first stays and the last is 0 (Lin et al. 2024, algorithm 1). */
const withoutSignal = (alphaBars: Float64Array): Float64Array => {
  const roots = alphaBars.map(Math.sqrt);
  const [first = 1, last = 0] = [roots[0], roots.at(-1)];
  return roots.map(root => (((root - last) * first) / (first - last)) ** 2);
};

/** Classes whose noise is no cumulative product of betas: EDM's (Playground 2.5), and flow matching (Stable Diffusion 3, Flux). */
const refuseOtherNoise = ({ className, error }: ConfigReader): void => {
  const rule = /^(EDM|FlowMatch)/.exec(className ?? '')?.[1];
  if (rule === undefined) return;
  const what = rule === 'EDM' ? "EDM's rule of noise" : 'flow matching';
  throw error(
    '_class_name',
    `${cut(className ?? '')} follows ${what}, which is not supported: give a model of Stable Diffusion 1, 2 or XL`,
  );
};

/**
 * Reads what every sampler needs of a diffusers scheduler config; absent keys have the defaults that all classes share. `where` names the
 * file in errors. Throws ScheduleError naming the key whose value is not supported.
 */
export const readSchedule = (config: Config, where = 'scheduler_config.json'): Schedule => {
  const read = configReader(config, where);
  refuseOtherNoise(read);
  let product = 1;
  const betas = readBetas(read);
  const alphaBars = Float64Array.from(betas, beta => (product *= 1 - beta));
  const zeroSnr = read.flag('rescale_betas_zero_snr', false);
  return {
    alphaBars: zeroSnr ? withoutSignal(alphaBars) : alphaBars,
    length: betas.length,
    prediction: read.choice('prediction_type', ['epsilon', 'v_prediction', 'sample'], 'epsilon'),
    spacing: read.has('timestep_spacing') ? read.choice('timestep_spacing', SPACINGS, 'leading') : undefined,
    offset: read.number('steps_offset', 0),
    zeroSnr,
    read,
  };
};

/** Throws ScheduleError unless so many steps fit the schedule. */
export const checkCount = ({ length }: Schedule, count: number): void => {
  if (!Number.isInteger(count) || count < 1) throw new ScheduleError(`steps must be a positive integer, got ${count}`);
  if (count > length) throw new ScheduleError(`${count} steps do not fit a schedule of ${length} timesteps: ask for fewer`);
};

/** `count` timesteps from the noisiest, whole but for linspace. */
export const timesteps = ({ offset, length }: Schedule, spacing: Spacing, count: number): number[] => {
  switch (spacing) {
    case 'leading':
      return Array.from({ length: count }, (_, i) => (count - 1 - i) * Math.floor(length / count) + offset);
    case 'trailing':
      return Array.from({ length: count }, (_, i) => roundHalfEven(length - (i * length) / count) - 1);
    case 'linspace':
      return linspace(0, length - 1, count).reverse();
  }
};

/** alpha_bar at a whole timestep. Throws ScheduleError behind the schedule's end, where a large steps_offset leads. */
export const alphaBarAt = ({ alphaBars, read }: Schedule, t: number): number => {
  const alphaBar = alphaBars[t];
  if (alphaBar === undefined)
    throw read.error('steps_offset', `leads to timestep ${t} of a schedule of ${alphaBars.length}: ask for fewer steps`);
  return alphaBar;
};

/** Throws ScheduleError where a step starts without any signal: no clean sample can then be read off predicted noise. */
export const checkSignal = ({ prediction, read }: Schedule, steps: readonly Step[]): readonly Step[] => {
  if (prediction === 'epsilon' && steps.some(({ alphaBar }) => alphaBar === 0)) {
    throw read.error(
      'rescale_betas_zero_snr',
      'true needs prediction_type v_prediction or sample where the first step starts from noise alone',
    );
  }
  return steps;
};

const EPSILON = 1e-9; // 10 x 0.7 is 7 steps, whatever the product's last bit says

/**
 * Steps that run when drawing begins at a picture: `strength` 1 runs all of `count`, 0 none. The product is truncated as in diffusers; of
 * spread steps it is rounded up.
 */
export const stepsAtStrength = (count: number, strength: number, how: StrengthSteps = 'whole'): number =>
  Math.min(how === 'whole' ? Math.trunc(count * strength) : Math.ceil(count * strength - EPSILON), count);

/** Index of the first step of such a run; `count` where none runs. */
export const firstStep = (count: number, strength: number, how?: StrengthSteps): number => count - stepsAtStrength(count, strength, how);

/** Where a run begins: the index of its first step, and the share of the training's timesteps that all steps of the schedule cover. */
export type Begin = { readonly first: number; readonly span: number };

/**
 * Where a run at `strength` begins. Of spread steps the schedule is shortened until step `first` lies at exactly this strength: with n of N
 * steps to run, to the share s N / n.
 */
export const beginAt = (count: number, strength: number, how: StrengthSteps = 'whole'): Begin => {
  const run = stepsAtStrength(count, strength, how);
  return { first: count - run, span: how === 'whole' || run === 0 ? 1 : Math.min(1, (strength * count) / run) };
};
