// What a picture that nobody drew leaves for key frames that look at it: what the U-Net sees in it at every step's level of noise.
import type { Conditioning } from '../../models/conditioning.ts';
import type { ControlUse } from '../../models/denoise/control-residuals.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { addNoise } from '../../models/samplers/arithmetic.ts';
import type { Step } from '../../models/samplers/schedule.ts';
import type { Tensor } from '../../models/tensor.ts';
import { noiseTowards } from './inpaint-mix.ts';
import { type AttentionStates, type Remember, recordedLayers } from './memory.ts';
import { inPeriod } from './periods.ts';
import type { DrawOptions } from './settings.ts';

/** A picture that key frames look at. */
export type RecordJob = {
  readonly model: DiffusionModel;
  /** Of [negative prompt, prompt]. */
  readonly conditioning: Conditioning;
  /** The encoded picture, [1, c, h, w]. */
  readonly latent: Tensor;
  /** Number of the frame in whose place it stands; absent for a picture that is none. */
  readonly frame?: number | undefined;
  /** The encoded frame, where the noise is to lead from the noised frame to the picture (`maskNoise: 'own'`). */
  readonly source?: Tensor | undefined;
  readonly controls: readonly ControlUse[];
  readonly options: DrawOptions;
  readonly remember: Remember;
  /** Called after each step of the U-Net. */
  readonly onStep?: (() => void) | undefined;
  readonly signal: AbortSignal;
};

/** Noise of all steps: that which key frames start from, or what a run from the noised frame to the picture holds. */
const noiseOf = ({ latent, frame, source, options }: RecordJob, [first]: readonly Step[]): Tensor => {
  const { sampling, startNoise, begin } = options;
  const start = gaussian({ seed: sampling.seed, purpose: 'keyframe', ...(startNoise === 'own' && { frame: frame ?? 0 }) }, latent.dims);
  if (!source || !first) return start;
  return noiseTowards(latent, { x: begin === 'noise' ? start : addNoise(source, start, first.alphaBar), alphaBar: first.alphaBar });
};

/**
 * Records a picture as if it had been drawn: at each step x = sqrt(alpha_bar) latent + sqrt(1 - alpha_bar) noise goes through the U-Net
 * once, whose self-attention inputs are the picture's states (reference attention); its clean latent is at every step its own.
 * Only steps whose states somebody reads are run.
 */
export const recordPicture = async (job: RecordJob): Promise<void> => {
  const { model, conditioning, latent, controls, options, remember, onStep, signal } = job;
  const { fusion, begin, span = 1, sampling } = options;
  const { steps: count, sampler = 'ddim', guidance, guidanceWindow, freeu } = sampling;
  const first = begin === 'noise' ? 0 : begin;
  if (first >= count) return;
  const { steps } = model.sampler(sampler, { count, first, span });
  const noise = noiseOf(job, steps);
  let states: AttentionStates = [];
  const layers = recordedLayers(model.info.attention, fusion.loose);
  const look = model.denoiser({
    conditioning,
    guidance,
    ...(guidanceWindow && { guidanceWindow }),
    controls,
    freeu,
    attention: { record: (_, recorded) => void (states = recorded), recorded: () => layers },
    steps: first + steps.length,
    first,
    signal,
  });
  for (const step of steps) {
    signal.throwIfAborted();
    const { index, alphaBar } = step;
    if (inPeriod(fusion.ada, index, count) || inPeriod(fusion.warp, index, count)) await remember.clean?.(index, latent);
    if (!remember.states || !inPeriod(fusion.cross, index, count)) continue;
    await look(addNoise(latent, noise, alphaBar), step);
    await remember.states(index, states);
    onStep?.();
  }
};
