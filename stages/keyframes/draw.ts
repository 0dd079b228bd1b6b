// Draws one key frame: encode, noise, denoise under guidance, control and FreeU, decode.
import type { ControlType } from '../../config/control.ts';
import type { SamplerName } from '../../config/samplers.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import type { DenoiseRequest, DiffusionModel } from '../../models/diffusion-model.ts';
import type { FreeUUse } from '../../models/guided-denoiser.ts';
import { gaussian } from '../../models/random.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Vision } from '../vision/vision.ts';
import { type CannyThresholds, controlImage } from './control.ts';
import { toImage, toPicture } from './pixels.ts';

export type DrawOptions = {
  readonly seed: number;
  readonly steps: number;
  readonly sampler: SamplerName;
  readonly guidance: number;
  /** 0 keeps the frame, 1 runs every step; the run begins at the noised frame also at 1. */
  readonly strength: number;
  /** Undefined: off. */
  readonly freeu: FreeUUse | undefined;
  /** In the order of the model's ControlNets. */
  readonly controls: readonly { readonly type: ControlType; readonly scale: number }[];
  readonly canny: CannyThresholds;
};

/** What drawing needs besides the frame. */
export type Drawing = {
  readonly model: DiffusionModel;
  readonly vision: Vision;
  /** Text states of [negative prompt, prompt]. */
  readonly text: Tensor;
  readonly options: DrawOptions;
  /** Called after each denoising step. */
  readonly onStep?: () => void;
};

/** Where what a key frame sees of others enters: their attention states, and edits of x and x0 at each step. */
export type Fusion = Pick<DenoiseRequest, 'attention' | 'editInput' | 'editDenoised'>;

/**
 * Draws a key frame.
 * Every key frame starts from the same noise (as Rerender A Video does): what differs between two of them is then what differs between their
 * frames. The noise depends on seed and size alone, so a key frame comes out the same whatever was drawn before it.
 * @param frame sides are multiples of the model's factor
 * @returns a picture of the frame's size
 */
export const drawKeyframe = async (
  frame: Frame,
  { model, vision, text, options, onStep }: Drawing,
  signal: AbortSignal,
  fusion: Fusion = {},
): Promise<Picture> => {
  const { seed, steps, sampler, guidance, strength, freeu } = options;
  const latent = await model.encodeImage(toImage(frame), { signal }); // [1, c, h/f, w/f]
  const noise = gaussian({ seed, purpose: 'keyframe' }, latent.dims);
  const controls = await Promise.all(
    options.controls.map(async ({ type, scale }) => ({ hint: await controlImage(type, frame, options.canny, vision, signal), scale })),
  );
  const drawn = await model.denoise({
    text,
    noise,
    latent,
    strength,
    steps,
    sampler,
    stochastic: { noise: ({ index }) => gaussian({ seed, purpose: 'step', step: index }, latent.dims) },
    guidance,
    controls,
    ...(freeu && { freeu }),
    ...(onStep && { onStep }),
    ...fusion,
    signal,
  });
  return toPicture(await model.decodeLatent(drawn, signal));
};
