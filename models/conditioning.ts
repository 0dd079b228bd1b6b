// What a U-Net is asked to draw: prompts, as the text encoder read them. Everything between encoder and denoiser passes it on unopened.
import { type Tensor, takeRows } from './tensor.ts';

/** A height and a width, or a top and a left edge, in pixels. */
type Pair = readonly [vertical: number, horizontal: number];

/** What SDXL is told of the pictures that it was trained with, as [height, width]; what is left out is the picture that is drawn. */
export type PictureSizes = {
  /** Before it was scaled for training: small sizes make soft pictures. Default: the drawn size. */
  readonly original?: Pair;
  /** Top and left of the crop: other values than 0, 0 (the default) make cropped pictures. */
  readonly crop?: Pair;
  /** Default: the drawn size. */
  readonly target?: Pair;
  /** What a refiner is told in place of the target size: how pleasing the picture is, 1 to 10. */
  readonly score?: number;
};

/** Each part has a row for each prompt. */
export type ConditioningParts = {
  /** Text states [prompts, tokens, width]. */
  readonly states: Tensor;
  /** SDXL: one state for all of a prompt, [prompts, width]. */
  readonly pooled?: Tensor;
  /** SDXL: sizes that the denoiser tells, one a prompt. */
  readonly sizes?: readonly PictureSizes[];
};

const PARTS = Symbol('parts');

/** Made by `encodeText`, opened by denoisers. */
export type Conditioning = { readonly [PARTS]: ConditioningParts };

export const makeConditioning = (parts: ConditioningParts): Conditioning => ({ [PARTS]: parts });

export const openConditioning = ({ [PARTS]: parts }: Conditioning): ConditioningParts => parts;

/** The prompts of these rows, in this order; a row may be taken more than once. */
export const promptsAt = (conditioning: Conditioning, rows: readonly number[]): Conditioning => {
  const { states, pooled, sizes } = openConditioning(conditioning);
  return makeConditioning({
    states: takeRows(states, rows),
    ...(pooled && { pooled: takeRows(pooled, rows) }),
    ...(sizes && { sizes: rows.map(row => sizes[row]!) }),
  });
};
