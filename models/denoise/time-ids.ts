// The numbers that SDXL's U-Net reads beside the pooled text: sizes and crop, or for a refiner a score (Podell et al. 2023, section 2.2).
import type { PictureSizes } from '../conditioning.ts';
import { type Tensor, tensor } from '../tensor.ts';

const PLEASING = 6; // of 10; diffusers' score for prompts

/**
 * A row for each prompt: original height and width, top and left of the crop, then target height and width; where there is room for 5
 * numbers alone, a score.
 * @param drawn height and width of the picture, which stand in for sizes that are not given
 */
export const timeIds = (sizes: readonly PictureSizes[], drawn: readonly [number, number], count: number): Tensor => {
  const rows = sizes.map(({ original = drawn, crop = [0, 0], target = drawn, score = PLEASING }) =>
    count === 5 ? [...original, ...crop, score] : [...original, ...crop, ...target],
  );
  return tensor([rows.length, count], Float32Array.from(rows.flatMap(row => row.slice(0, count))));
};
