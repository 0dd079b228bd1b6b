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

/** Layers that stay in float32: where latents and control images come in, and where answers go out, whose error nothing evens out. */
const ENDS = /^(conv_in|conv_out|controlnet_\w+)\b/;

/** And what is computed of time and text for all pixels at once: there is nothing to gain, and single numbers of text states are large. */
const ONCE = /^(time|add)_embedding\b|\btime_emb_proj$|\battn2\.to_[kv]$/;

/** And what reads a backbone beside a skip as they are: one scale for both loses the smaller (0.3 of the answer in the embedded model). */
const UNEVEN = /\bconv_shortcut$/;

/** Channels below which rounding and gathering cost more than whole numbers save: nearly all of the embedded model's layers have fewer. */
const NARROW = 256;

const pays = ({ channels, out }: QuantisableLayer): boolean => Math.min(channels, out) >= NARROW;

/** Layers of some kinds, where it pays, but for the ends of a network, what is computed once, and what reads numbers of two sizes. */
export const quantiseKinds =
  (kinds: readonly QuantisableLayer['kind'][]): QuantiseRule =>
  layer =>
    kinds.includes(layer.kind) && pays(layer) && ![ENDS, ONCE, UNEVEN].some(pattern => pattern.test(layer.path));
