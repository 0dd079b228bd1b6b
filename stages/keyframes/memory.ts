// What a drawn key frame leaves for later ones: at each step, the states its attention layers saw and its predicted clean latent.

import type { Bank } from '../../models/denoise/guided-denoiser.ts';
import type { AttentionLayer } from '../../models/networks/attention-layers.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

/** What attention layers saw at a step, one a layer: [batch, tokens, channels]; none for layers that are left to their own frame. */
export type AttentionStates = readonly (Tensor | undefined)[];

/** What a key frame left, read step by step. */
export type Memory = {
  /** Names the key frame: memories of one key frame have one id. */
  readonly id: string;
  /** At the steps of cross-frame attention. */
  states(step: number): Promise<AttentionStates>;
  /** The predicted clean latent [1, c, h, w], at the steps of AdaIN and shape-aware fusion; asked of anchors alone. */
  clean(step: number): Promise<Tensor>;
};

/** Where a key frame leaves what others read of it; absent where nobody does. */
export type Remember = {
  readonly states?: ((step: number, states: AttentionStates) => Promise<void>) | undefined;
  readonly clean?: ((step: number, latent: Tensor) => Promise<void>) | undefined;
};

/** Rows of a's and b's tokens one after the other: [n, s, c] and [n, t, c] -> [n, s + t, c]. */
const joinTokens = (a: Tensor, b: Tensor): Tensor => {
  const [n, s, c] = a.dims as [number, number, number];
  const t = b.dims[1]!;
  const out = tensor([n, s + t, c]);
  for (let i = 0; i < n; i++) {
    out.data.set(a.data.subarray(i * s * c, (i + 1) * s * c), i * (s + t) * c);
    out.data.set(b.data.subarray(i * t * c, (i + 1) * t * c), (i * (s + t) + s) * c);
  }
  return out;
};

/**
 * The bank of cross-frame attention at a denoising step: keys and values from [anchor ; previous] alone, the frame's own tokens giving
 * only queries (Rerender A Video's style-aware cross-frame attention). Where both are one key frame its tokens are taken once: a softmax
 * over every key twice has the same mean. Undefined where either left no states at this step.
 */
export const crossFrameBank = async (step: number, anchor: Memory, previous: Memory): Promise<Bank> => {
  const states = await anchor.states(step);
  if (previous.id === anchor.id) return { states, ownTokens: 0 };
  const others = await previous.states(step);
  return { states: states.map((state, j) => state && others[j] && joinTokens(state, others[j])), ownTokens: 0, given: true };
};

/** Numbers of the layers whose states others read: with loose attention not the widest ones. */
export const recordedLayers = (layers: readonly AttentionLayer[], loose: boolean): readonly number[] =>
  layers.flatMap(({ widest }, j) => (loose && widest ? [] : [j]));
