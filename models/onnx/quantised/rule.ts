// Which layers compute in whole numbers of 8 bits: one rule, by the layer's name and kind. Measured: docs/performance.md.

/** A layer that could. */
export type QuantisableLayer = {
  /** Its name in the checkpoint: `up_blocks.3.resnets.2.conv1`. */
  readonly path: string;
  /** A linear layer or a convolution of 1x1; a convolution of 3x3. */
  readonly kind: 'linear' | 'convolution';
  /** Numbers in and out for each pixel or token. */
  readonly channels: number;
  readonly out: number;
};

/** Says whether a layer does. */
export type QuantiseRule = (layer: QuantisableLayer) => boolean;

/**
 * Layers that stay in float32: where latents and control images come in and the answer goes out, whose error nothing behind them evens out;
 * and what is computed once for all pixels, where there is nothing to gain.
 */
const FINE = /^(conv_in|conv_out|time_embedding|add_embedding|controlnet_cond_embedding)\b|\btime_emb_proj$/;

/** Layers of some kinds, but for those that have to stay fine. */
export const quantiseKinds =
  (kinds: readonly QuantisableLayer['kind'][]): QuantiseRule =>
  ({ path, kind }) =>
    kinds.includes(kind) && !FINE.test(path);
