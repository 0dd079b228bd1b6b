// What steps that draw under ControlNets have in common.
import type { Tensor } from '../../models/tensor.ts';
import type { Progress } from '../graph/step.ts';

/** What a ControlNet does with its image; fractions of the steps that it guides. */
export type ControlParams = { readonly scale: number; readonly guess: boolean; readonly start: number; readonly end: number };

/** @param images one for each ControlNet */
export const controlUses = (controls: readonly ControlParams[], images: readonly Tensor[]) =>
  controls.map((use, i) => ({ ...use, image: images[i]! }));

/** Counts denoising steps, and hands on how far the picture is. */
export const counted = (progress: Progress): ((denoised: Tensor) => void) => {
  let done = 0;
  return denoised => progress(++done, undefined, async () => denoised);
};
