// Draws one window of a clip with a model of clips: encode each frame, noise, denoise all together, blended into the window before.
import type { Frame, Picture } from '../../media/frame.ts';
import { joinFrames, splitFrames } from '../../models/clip.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { FreeUUse } from '../../models/guided-denoiser.ts';
import { gaussian } from '../../models/random.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { toImage, toPicture } from '../keyframes/pixels.ts';
import { carryWeights } from './windows.ts';

export type ClipOptions = {
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  /** Undefined: off. */
  readonly freeu: FreeUUse | undefined;
};

/** What drawing needs beside frames. */
export type ClipDrawing = {
  readonly model: DiffusionModel;
  /** Text states of [negative prompt, prompt]. */
  readonly text: Tensor;
  readonly options: ClipOptions;
  /** Called after each denoising step. */
  readonly onStep?: () => void;
};

/** The latents of the window before, [1, c, f, h, w], the number of its last frames that are this one's first, and the blended ones' number. */
export type Before = { readonly latents: Tensor; readonly shared: number; readonly overlap: number };

/**
 * Noise of a clip [1, c, f, h, w]: each frame's depends on the seed and its place in the whole clip alone, so that windows which share a
 * frame share its noise, and a longer clip begins like a shorter one.
 */
export const clipNoise = (seed: number, first: number, [, c, f, h, w]: readonly number[]): Tensor =>
  joinFrames(Array.from({ length: f! }, (_, i) => gaussian({ seed, purpose: 'clip', frame: first + i }, [1, c!, h!, w!])));

/** Each frame's prediction pulled towards the latent that the window before ended with: x0 = w before + (1 - w) x0. */
const carry = (denoised: Tensor, { latents, shared, overlap }: Before): Tensor => {
  const weights = carryWeights(shared, overlap);
  const earlier = splitFrames(latents).slice(-shared);
  const frames = splitFrames(denoised).map((frame, f) => {
    const [before, weight] = [earlier[f], weights[f]];
    if (before === undefined || weight === undefined) return frame;
    return tensor(
      frame.dims,
      frame.data.map((own, i) => weight * before.data[i]! + (1 - weight) * own),
    );
  });
  return joinFrames(frames);
};

/**
 * Draws the frames of a window from their sources. At every step the shared frames are blended with the window before in the predicted clean
 * latents, so the model sees them while it draws the others, and goes on from them.
 * @param frames sides are multiples of the model's factor
 * @param strength 0 keeps the frames, 1 runs every step from the noised frames
 * @returns latents [1, c, f, h/f, w/f]
 */
export const drawWindow = async (
  frames: readonly Frame[],
  before: Before | undefined,
  strength: number,
  { model, text, options, onStep }: ClipDrawing,
  signal: AbortSignal,
): Promise<Tensor> => {
  const encoded: Tensor[] = [];
  for (const frame of frames) encoded.push(await model.encodeImage(toImage(frame), { signal })); // one at a time: memory of one frame
  const latent = joinFrames(encoded);
  return model.denoise({
    text,
    latent,
    noise: clipNoise(options.seed, frames[0]?.index ?? 0, latent.dims),
    strength,
    ...denoising(options),
    ...(before && before.shared > 0 && { editDenoised: ({ denoised }: { denoised: Tensor }) => carry(denoised, before) }),
    ...(onStep && { onStep }),
    signal,
  });
};

/** Draws a clip from the prompt alone: latents of the given dims [1, c, f, h, w]. */
export const drawClip = (dims: readonly number[], { model, text, options, onStep }: ClipDrawing, signal: AbortSignal): Promise<Tensor> =>
  model.denoise({ text, noise: clipNoise(options.seed, 0, dims), ...denoising(options), ...(onStep && { onStep }), signal });

const denoising = ({ steps, guidance, freeu }: ClipOptions) => ({ steps, guidance, ...(freeu && { freeu }) });

/** The pictures of some of a clip's frames, decoded one after the other. */
export const decodeFrames = async (
  clip: Tensor,
  { first, last }: { readonly first: number; readonly last: number },
  model: DiffusionModel,
  signal: AbortSignal,
): Promise<Picture[]> => {
  const pictures: Picture[] = [];
  for (const latent of splitFrames(clip).slice(first, last + 1)) pictures.push(toPicture(await model.decodeLatent(latent, signal)));
  return pictures;
};
