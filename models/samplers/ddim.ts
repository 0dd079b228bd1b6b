// DDIM (Song et al. 2021, "Denoising Diffusion Implicit Models") as a pure function over a denoiser.
import { type Tensor, tensor } from '../tensor.ts';
import type { Prediction, Schedule, Step } from './schedule.ts';

/** The network: what it says of `x` at a step. Guidance, control and attention are wrapped into it by the caller. */
export type Denoise = (x: Tensor, step: Step) => Promise<Tensor>;

/** What a run knows within a step. All tensors have the shape of x and may be kept; none is written to again. */
export type StepState = {
  readonly step: Step;
  /** Input of the step; in `onStep`, its result. */
  readonly x: Tensor;
  /** The predicted clean sample, edited if `editDenoised` did so. */
  readonly denoised: Tensor;
  /** The part of x that points back to the noise: sqrt(1 - alphaNext - sigma^2) eps. */
  readonly direction: Tensor;
};

export type DdimOptions = {
  readonly prediction: Prediction;
  /** Bound of the predicted clean sample, default Infinity. */
  readonly clip?: number;
  /** Default: deterministic. With it, each step adds standard normal noise; eta 1 is as noisy as DDPM. */
  readonly stochastic?: { readonly eta: number; readonly noise: (step: Step) => Tensor };
  /** The direction of the step before the first one, where a run is continued. Default: zeros. */
  readonly direction?: Tensor;
  /** May replace x before the network sees it, knowing the direction of the step before. */
  readonly editInput?: (state: Omit<StepState, 'denoised'>) => Tensor | Promise<Tensor>;
  /** May replace the predicted clean sample; the noise estimate stays. */
  readonly editDenoised?: (state: StepState) => Tensor | Promise<Tensor>;
  /** Called after every step. */
  readonly onStep?: (state: StepState) => void | Promise<void>;
  /** Checked before every step. */
  readonly signal?: AbortSignal;
};

const map = (a: Tensor, b: Tensor, f: (a: number, b: number) => number): Tensor =>
  tensor(
    a.dims,
    a.data.map((value, i) => f(value, b.data[i]!)),
  );

const clipped = (x: Tensor, bound: number): Tensor =>
  bound === Infinity
    ? x
    : tensor(
        x.dims,
        x.data.map(v => Math.min(Math.max(v, -bound), bound)),
      );

/** The clean sample and the noise that an output of the network stands for, given x = sqrt(a) x0 + sqrt(1 - a) eps. */
export const interpret = (prediction: Prediction, x: Tensor, output: Tensor, alpha: number): { denoised: Tensor; eps: Tensor } => {
  const [a, s] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
  switch (prediction) {
    case 'epsilon':
      return { denoised: map(x, output, (x, eps) => (x - s * eps) / a), eps: output };
    case 'v_prediction':
      return { denoised: map(x, output, (x, v) => a * x - s * v), eps: map(x, output, (x, v) => a * v + s * x) };
    case 'sample':
      return { denoised: output, eps: map(x, output, (x, x0) => (x - a * x0) / s) };
  }
};

/** The forward process: a clean sample noised to the level `alpha` (Ho et al. 2020, eq. 4). */
export const addNoise = (clean: Tensor, noise: Tensor, alpha: number): Tensor => {
  const [a, s] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
  return map(clean, noise, (x0, n) => a * x0 + s * n);
};

/**
 * Runs `steps` (all of a schedule, or its tail) from x and returns the last x. Eq. 12 and 16 of the paper:
 * x' = sqrt(a') x0 + sqrt(1 - a' - sigma^2) eps + sigma z, sigma = eta sqrt((1 - a') / (1 - a)) sqrt(1 - a / a').
 */
export const ddim = async (denoise: Denoise, x: Tensor, steps: readonly Step[], options: DdimOptions): Promise<Tensor> => {
  const { prediction, clip = Infinity, stochastic, editInput, editDenoised, onStep, signal } = options;
  let direction = options.direction ?? tensor(x.dims);
  for (const step of steps) {
    signal?.throwIfAborted();
    const { alpha, alphaNext } = step;
    if (editInput) x = await editInput({ step, x, direction });
    const predicted = interpret(prediction, x, await denoise(x, step), alpha);
    const sigma = (stochastic?.eta ?? 0) * Math.sqrt(((1 - alphaNext) / (1 - alpha)) * (1 - alpha / alphaNext));
    const toNoise = Math.sqrt(1 - alphaNext - sigma * sigma);
    direction = tensor(
      x.dims,
      predicted.eps.data.map(eps => toNoise * eps),
    );
    let denoised = clipped(predicted.denoised, clip);
    if (editDenoised) denoised = await editDenoised({ step, x, denoised, direction });
    x = map(denoised, direction, (x0, d) => Math.sqrt(alphaNext) * x0 + d);
    if (stochastic) x = map(x, stochastic.noise(step), (x, z) => x + sigma * z);
    await onStep?.({ step, x, denoised, direction });
  }
  return x;
};

/** What of a schedule the sampler needs. */
export const ddimOptions = ({ prediction, clip }: Schedule): Pick<DdimOptions, 'prediction' | 'clip'> => ({ prediction, clip });
