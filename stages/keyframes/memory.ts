// What a drawn key frame leaves for later ones: at each step, the states its attention layers saw and its predicted clean latent.
import type { AttentionLayer } from '../../models/attention-layers.ts';
import type { Bank } from '../../models/guided-denoiser.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

/** One step of one key frame. */
export type StepMemory = {
  /** One a layer: [batch, tokens, channels]; none for layers that are left to their own frame. Absent at steps without attention. */
  readonly states?: readonly (Tensor | undefined)[];
  /** The predicted clean latent, [1, c, h, w]; only an anchor's is kept, at the steps where it is read. */
  readonly clean?: Tensor;
};

/** The memory of one key frame, read step by step. */
export type Memory = {
  /** Names the key frame: memories of one key frame have one id. */
  readonly id: string;
  read(step: number): Promise<StepMemory>;
};

/** Receives what a key frame leaves at a denoising step. */
export type Remember = (step: number, memory: StepMemory) => Promise<void>;

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
export const crossFrameBank = async (step: number, anchor: Memory, previous: Memory): Promise<Bank | undefined> => {
  const { states } = await anchor.read(step);
  if (!states) return undefined;
  if (previous.id === anchor.id) return { states, ownTokens: 0 };
  const others = (await previous.read(step)).states;
  if (!others) return undefined;
  return { states: states.map((state, j) => state && others[j] && joinTokens(state, others[j])), ownTokens: 0 };
};

/** The states worth keeping: with loose attention those of the widest layers are not. */
export const chosenStates = (layers: readonly AttentionLayer[], states: readonly Tensor[], loose: boolean): (Tensor | undefined)[] =>
  states.map((state, j) => (loose && layers[j]?.widest ? undefined : state));
