// What all samplers have in common: a loop over steps in which the network is asked and a pure function of its answers makes the next x.
// As in k-diffusion a sampler is no object with a state; what it remembers of earlier steps is a list of points that anyone may keep.
import { type Tensor, tensor } from '../tensor.ts';
import { blend, interpret, type Term } from './arithmetic.ts';
import { ScheduleError } from './config.ts';
import type { Prediction, Step } from './schedule.ts';
import type { Threshold } from './thresholding.ts';

/** The network: what it says of `x` at a step. Guidance, control and attention are wrapped into it by the caller. */
export type Denoise = (x: Tensor, step: Step) => Promise<Tensor>;

/** What became known at one step. All tensors have the shape of x and may be kept; none is written to again. */
export type Point = {
  readonly step: Step;
  /** Input of the step, as its update took it. */
  readonly x: Tensor;
  /** The network's answer as it stands. */
  readonly output: Tensor;
  /** The noise that the answer stands for. */
  readonly eps: Tensor;
  /** The predicted clean sample: thresholded, and edited if `editDenoised` did so. */
  readonly denoised: Tensor;
};

/** What an update may use. `past` is empty at a run's first step, and where a run is continued without its memory. */
export type StepInput = {
  readonly now: Point;
  /** Earlier points, the last one last; at most `memory` of them. */
  readonly past: readonly Point[];
  /** sqrt(1 - alpha_bar' - spread^2) eps */
  readonly direction: Tensor;
  /** Standard normal numbers of this step. */
  readonly noise: () => Tensor;
};

/**
 * A sampler over the steps of one run. x is everywhere sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, also for methods whose papers write
 * x0 + sigma eps, sigma = sqrt((1 - alpha_bar) / alpha_bar): what edits x need not know which sampler runs, the network takes x as it is.
 */
export type Sampler = {
  readonly prediction: Prediction;
  /** Those that the run makes, from the noisiest. */
  readonly steps: readonly Step[];
  /** What noise is multiplied with where a run starts from noise alone. */
  readonly start: number;
  /** How many earlier points the update looks at. */
  readonly memory: number;
  /** Standard deviation of the fresh noise in x after a step; 0 where the step is deterministic. */
  readonly spread: (step: Step) => number;
  readonly threshold: Threshold;
  /** The predicted clean sample that the method works with; without it the thresholded one. */
  readonly refine?: (denoised: Tensor, x: Tensor, step: Step) => Tensor;
  /** A better x at the present step, now that the network was asked there. */
  readonly correct?: (input: StepInput) => Tensor;
  /** x after the step. */
  readonly advance: (input: StepInput) => Tensor;
};

/** What a run knows within a step. */
export type StepState = {
  readonly step: Step;
  /** Input of the step; in `onStep`, its result. */
  readonly x: Tensor;
  /** The predicted clean sample, edited if `editDenoised` did so. */
  readonly denoised: Tensor;
  /** The part of x that points back to the noise: sqrt(1 - alpha_bar' - spread^2) eps. Samplers of higher order bend it. */
  readonly direction: Tensor;
  /** What continues the run with its next step, beside x and direction. */
  readonly memory: readonly Point[];
};

/** What may watch and change a run between its denoising steps. */
export type SampleHooks = {
  /** May replace x before the network sees it, knowing the direction of the step before. */
  readonly editInput?: (state: Omit<StepState, 'denoised'>) => Tensor | Promise<Tensor>;
  /** May replace the predicted clean sample; the noise estimate stays. */
  readonly editDenoised?: (state: StepState) => Tensor | Promise<Tensor>;
  /** Called after every step. */
  readonly onStep?: (state: StepState) => void | Promise<void>;
  /** Checked before every step. */
  readonly signal?: AbortSignal;
};

/** Hooks of a run, its fresh noise, and what it goes on from. */
export type SampleOptions = SampleHooks & {
  /** Fresh noise for the samplers that add some. */
  readonly noise?: (step: Step) => Tensor;
  /** Of the step before the first one, where a run is continued. Default: zeros and nothing. */
  readonly direction?: Tensor;
  readonly memory?: readonly Point[];
};

/** sqrt(alpha_bar') x0 + direction + spread z: eq. 12 of Song et al. 2021, and Euler's step in sigma, which is the same. */
export const firstOrder =
  (spread: Sampler['spread']): Sampler['advance'] =>
  ({ now: { step, denoised }, direction, noise }) => {
    const sigma = spread(step);
    const fresh: Term[] = sigma > 0 ? [[sigma, noise()]] : [];
    return blend([Math.sqrt(step.alphaBarNext), denoised], [1, direction], ...fresh);
  };

/**
 * Runs the sampler's steps from x and returns the last x.
 * @param sampler of a model (`model.sampler`), or one's own
 * @param denoise what the network says, such as `model.denoiser(...)`
 * @param x at the noise level of the first step
 * @throws ScheduleError for a stochastic sampler without noise; the signal's reason on abort
 */
export const sample = async (sampler: Sampler, denoise: Denoise, x: Tensor, options: SampleOptions = {}): Promise<Tensor> => {
  const { editInput, editDenoised, onStep, signal, noise } = options;
  let { direction = tensor(x.dims), memory = [] } = options;
  for (const step of sampler.steps) {
    signal?.throwIfAborted();
    const before = x;
    if (editInput) x = await editInput({ step, x, direction, memory });
    const output = await denoise(x, step);
    const { denoised: clean, eps } = interpret(sampler.prediction, x, output, step.alphaBar);
    direction = blend([Math.sqrt(Math.max(0, 1 - step.alphaBarNext - sampler.spread(step) ** 2)), eps]);
    let denoised = sampler.threshold(clean);
    if (sampler.refine) denoised = sampler.refine(denoised, x, step);
    if (editDenoised) denoised = await editDenoised({ step, x, denoised, direction, memory });
    const draw = (): Tensor => {
      if (noise) return noise(step);
      throw new ScheduleError('this sampler adds noise at every step, and was given none');
    };
    const input = { now: { step, x, output, eps, denoised }, past: memory, direction, noise: draw };
    // An edited x is meant: the corrector, which goes back behind it, would undo the edit.
    const now = sampler.correct && x === before ? { ...input.now, x: sampler.correct(input) } : input.now;
    x = sampler.advance({ ...input, now });
    memory = sampler.memory > 0 ? [...memory, now].slice(-sampler.memory) : [];
    await onStep?.({ step, x, denoised, direction, memory });
  }
  return x;
};
