// What a U-Net is asked to draw: prompts, as the text encoder read them. Everything between encoder and denoiser passes it on unopened.
import { type Tensor, takeRows } from './tensor.ts';

/** Each part has a row for each prompt. Pooled states, time ids and image tokens of larger models belong here. */
export type ConditioningParts = {
  /** Text states [prompts, tokens, width]. */
  readonly states: Tensor;
};

const PARTS = Symbol('parts');

/** Made by `encodeText`, opened by denoisers. */
export type Conditioning = { readonly [PARTS]: ConditioningParts };

export const makeConditioning = (parts: ConditioningParts): Conditioning => ({ [PARTS]: parts });

export const openConditioning = ({ [PARTS]: parts }: Conditioning): ConditioningParts => parts;

/** The prompts of these rows, in this order; a row may be taken more than once. */
export const promptsAt = (conditioning: Conditioning, rows: readonly number[]): Conditioning => {
  const { states } = openConditioning(conditioning);
  return makeConditioning({ states: takeRows(states, rows) });
};
