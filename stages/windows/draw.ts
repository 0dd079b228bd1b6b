// Draws one window of a clip with a video model: encode each frame, noise, denoise all together, blended into the window before.
import type { Frame, Picture } from '../../media/frame.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import { joinFrames, splitFrames } from '../../models/denoise/join-frames.ts';
import type { Sampling } from '../../models/denoise/sampling.ts';
import type { DenoiseRequest } from '../../models/denoise-request.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import type { Step } from '../../models/samplers/schedule.ts';
import { beginAt } from '../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { toImage, toPicture } from '../keyframes/pixels.ts';
import { carryWeights } from './windows.ts';

/** What drawing needs beside frames. */
export type ClipDrawing = {
  readonly model: DiffusionModel;
  /** Of [negative prompt, prompt]. */
  readonly conditioning: Conditioning;
  readonly sampling: Sampling;
};

/** Where the run of the sampler begins in place of its first step, and who hears of each step. */
export type ClipSteps = Pick<DenoiseRequest, 'resume' | 'onStep'>;

/**
 * The latents of the window before, [1, c, f, h, w]; how many of its last frames are this one's first; and the overlap that was asked for.
 */
export type Before = { readonly latents: Tensor; readonly shared: number; readonly overlap: number };

/**
 * Noise of a clip [1, c, f, h, w]: each frame's depends on the seed and its place in the whole clip alone, so that windows which share a
 * frame share its noise, and a longer clip begins like a shorter one. Step 0 is the start; a sampler's step i adds that of i + 1.
 */
export const clipNoise = (seed: number, first: number, [, c, f, h, w]: readonly number[], step = 0): Tensor =>
  joinFrames(Array.from({ length: f! }, (_, i) => gaussian({ seed, purpose: 'clip', frame: first + i, step }, [1, c!, h!, w!])));

/**
 * Each frame's prediction pulled towards the latent that the window before ended with: x0 = r before + (1 - r) x0. Pulls of many steps add
 * up, so r = 1 - (1 - w)^(1 / steps) where the frame's weight is w: a frame of weight 1 is the one before, and one of weight 1/2 ends
 * half-way there, however many steps are run.
 */
const carry = (denoised: Tensor, { latents, shared, overlap }: Before, steps: number): Tensor => {
  const rates = carryWeights(shared, overlap).map(weight => 1 - (1 - weight) ** (1 / steps));
  const earlier = splitFrames(latents).slice(-shared);
  const frames = splitFrames(denoised).map((frame, f) => {
    const [before, rate] = [earlier[f], rates[f]];
    if (before === undefined || rate === undefined) return frame;
    return tensor(
      frame.dims,
      frame.data.map((value, i) => rate * before.data[i]! + (1 - rate) * value),
    );
  });
  return joinFrames(frames);
};

/**
 * Draws the frames of a window from their sources. At every step the shared frames are blended with the window before in the predicted
 * clean latents, so the model has them before its eyes while it draws the others, and goes on from them.
 * @param frames sides are multiples of the model's factor
 * @param strength 0 keeps the frames, 1 runs every step from the noised frames
 * @returns latents [1, c, f, h/f, w/f]
 */
export const drawWindow = async (
  frames: readonly Frame[],
  before: Before | undefined,
  strength: number,
  { model, conditioning, sampling }: ClipDrawing,
  signal: AbortSignal,
  steps: ClipSteps = {},
): Promise<Tensor> => {
  const encoded: Tensor[] = [];
  for (const frame of frames) encoded.push(await model.encodeImage(toImage(frame), { signal })); // one at a time: memory of one frame
  const latent = joinFrames(encoded);
  const begin = beginAt(sampling.steps, strength, sampling.strengthSteps);
  const run = sampling.steps - begin.first;
  const firstFrame = frames[0]?.index ?? 0;
  return model.denoise({
    conditioning,
    latent,
    noise: clipNoise(sampling.seed, firstFrame, latent.dims),
    ...begin,
    ...denoising(sampling, firstFrame, latent.dims),
    ...(before && before.shared > 0 && { editDenoised: ({ denoised }: { denoised: Tensor }) => carry(denoised, before, run) }),
    ...steps,
    signal,
  });
};

/**
 * Draws a clip from the prompt alone, with a video model.
 * @param dims of the latents [1, c, f, h, w]
 * @returns latents of these dims; {@link decodeFrames} makes pictures of them
 */
export const drawClip = (
  dims: readonly number[],
  { model, conditioning, sampling }: ClipDrawing,
  signal: AbortSignal,
  steps: ClipSteps = {},
): Promise<Tensor> =>
  model.denoise({ conditioning, noise: clipNoise(sampling.seed, 0, dims), ...denoising(sampling, 0, dims), ...steps, signal });

const denoising = (
  { seed, steps, sampler, guidance, guidanceRescale = 0, guidanceBands, guidanceWindow, freeu }: Sampling,
  first: number,
  dims: readonly number[],
) => ({
  steps,
  sampler,
  stochastic: { noise: ({ index }: Step) => clipNoise(seed, first, dims, index + 1) },
  guidance,
  guidanceRescale,
  ...(guidanceBands && { guidanceBands }),
  ...(guidanceWindow && { guidanceWindow }),
  ...(freeu && { freeu }),
});

/**
 * The pictures of some frames of a clip's latents [1, c, f, h, w], decoded one after the other.
 * @param range `first` and `last` frame, both included
 */
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
