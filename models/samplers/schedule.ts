// The noise schedule of a model, read from its scheduler_config.json, and the timesteps that a run visits.
import { RerenderError } from '../../config/errors.ts';

/** What the network's output means: the noise, the velocity (Salimans & Ho 2022), or the clean sample. */
export type Prediction = 'epsilon' | 'v_prediction' | 'sample';

/** How the visited timesteps are spread over the training's; names of Lin et al. 2024, table 2. */
export type Spacing = 'leading' | 'trailing' | 'linspace';

export type Schedule = {
  /** Cumulative products alpha-bar_t of 1 - beta_t, one a training timestep; falling from nearly 1. */
  readonly alphas: Float64Array;
  readonly prediction: Prediction;
  readonly spacing: Spacing;
  /** Added to every timestep of leading spacing. */
  readonly offset: number;
  /** alpha-bar behind the last step. */
  readonly finalAlpha: number;
  /** Predicted clean samples are clipped to [-clip, clip]; Infinity where the model does not. */
  readonly clip: number;
};

/** One denoising step: from noise level `alpha` to `alphaNext`. */
export type Step = {
  /** Position in the whole schedule from 0, also where a run starts later. */
  readonly index: number;
  /** Training timestep, which the network is told. */
  readonly t: number;
  /** alpha-bar before and after the step. */
  readonly alpha: number;
  readonly alphaNext: number;
};

/** A scheduler config asks for something that this program does not do, or a run asks for an impossible number of steps. */
export class ScheduleError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('SCHEDULE', 'failure', message, options);
  }
}

type Config = Readonly<Record<string, unknown>>;

const linspace = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? from : from + ((to - from) * i) / (count - 1)));

/** The integer nearest to x, halves to the even one, as in numpy. */
const roundEven = (x: number): number => {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
};

const reader = (config: Config, where: string) => ({
  number(key: string, fallback: number): number {
    const value = config[key] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new ScheduleError(`${where}: ${key} must be a number, got ${JSON.stringify(value)}`);
  },
  flag(key: string, fallback: boolean): boolean {
    const value = config[key] ?? fallback;
    if (typeof value === 'boolean') return value;
    throw new ScheduleError(`${where}: ${key} must be true or false, got ${JSON.stringify(value)}`);
  },
  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T {
    const value = config[key] ?? fallback;
    const found = choices.find(c => c === value);
    if (found !== undefined) return found;
    throw new ScheduleError(`${where}: ${key} ${JSON.stringify(value)} is not supported; supported are ${choices.join(', ')}`);
  },
});

/** The noise variance beta_t that training added at each timestep. */
const readBetas = (config: Config, where: string): number[] => {
  const read = reader(config, where);
  const trained = config.trained_betas;
  if (trained != null) {
    if (Array.isArray(trained) && trained.length > 0 && trained.every(b => typeof b === 'number' && b > 0 && b < 1)) return trained;
    throw new ScheduleError(`${where}: trained_betas must be a list of numbers between 0 and 1`);
  }
  const count = read.number('num_train_timesteps', 1000);
  if (!Number.isInteger(count) || count < 1)
    throw new ScheduleError(`${where}: num_train_timesteps must be a positive integer, got ${count}`);
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

// Only these clip the clean sample when the config does not say; the others have no such option.
const CLIPPING_CLASSES = ['DDIMScheduler', 'DDPMScheduler'];

/**
 * Reads a diffusers scheduler config for a DDIM run. Absent keys have DDIMScheduler's defaults; the config of another
 * class (PNDM, Euler, ...) lends its betas, prediction type and spacing. `where` names the file in errors.
 * Throws ScheduleError naming the key whose value is not supported.
 */
export const readSchedule = (config: Config, where = 'scheduler_config.json'): Schedule => {
  const read = reader(config, where);
  const className = config._class_name ?? 'DDIMScheduler';
  for (const key of ['thresholding', 'rescale_betas_zero_snr']) {
    if (read.flag(key, false)) throw new ScheduleError(`${where}: ${key} true is not supported`);
  }
  let product = 1;
  const alphas = Float64Array.from(readBetas(config, where), beta => (product *= 1 - beta));
  return {
    alphas,
    prediction: read.choice('prediction_type', ['epsilon', 'v_prediction', 'sample'], 'epsilon'),
    spacing: read.choice('timestep_spacing', ['leading', 'trailing', 'linspace'], 'leading'),
    offset: read.number('steps_offset', 0),
    finalAlpha: read.flag('set_alpha_to_one', true) ? 1 : alphas[0]!,
    clip: read.flag('clip_sample', CLIPPING_CLASSES.includes(String(className))) ? read.number('clip_sample_range', 1) : Infinity,
  };
};

const timesteps = ({ spacing, offset, alphas: { length } }: Schedule, count: number): number[] => {
  switch (spacing) {
    case 'leading':
      return Array.from({ length: count }, (_, i) => (count - 1 - i) * Math.floor(length / count) + offset);
    case 'trailing':
      return Array.from({ length: count }, (_, i) => roundEven(length - (i * length) / count) - 1);
    case 'linspace':
      return linspace(0, length - 1, count)
        .map(roundEven)
        .reverse();
  }
};

/** The steps of a DDIM run of `count` steps, from the noisiest. Throws ScheduleError when the schedule has fewer timesteps. */
export const ddimSteps = (schedule: Schedule, count: number): Step[] => {
  const { alphas, finalAlpha } = schedule;
  if (!Number.isInteger(count) || count < 1) throw new ScheduleError(`steps must be a positive integer, got ${count}`);
  const stride = Math.floor(alphas.length / count);
  return timesteps(schedule, count).map((t, index) => {
    const alpha = alphas[t];
    if (stride < 1 || alpha === undefined) {
      throw new ScheduleError(`${count} steps do not fit a schedule of ${alphas.length} timesteps: ask for fewer`);
    }
    return { index, t, alpha, alphaNext: alphas[t - stride] ?? finalAlpha };
  });
};

/**
 * Index of the first step of an image-to-image run: `strength` 1 runs all steps, 0 none (the index is then `count`).
 * The product is truncated like in diffusers.
 */
export const firstStep = (count: number, strength: number): number => Math.max(count - Math.min(Math.trunc(count * strength), count), 0);
