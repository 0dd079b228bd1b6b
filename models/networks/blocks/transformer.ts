// Transformer2DModel: attention of a picture's pixels to each other and to the text.

import { conv2d } from '../../onnx/conv-layers.ts';
import type { Dim } from '../../onnx/dims.ts';
import type { Graph } from '../../onnx/graph.ts';
import { type AttentionOptions, linear, linearHalves, multiHead, thinTokens, toPicture, toTokens } from '../../onnx/layers.ts';
import { groupNorm, layerNorm } from '../../onnx/norm-layers.ts';
import { gelu } from '../../onnx/ops/arithmetic.ts';
import { rows } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';

export type TransformerOptions = {
  /** Transformer blocks in a row. */
  readonly layers: number;
  readonly heads: number;
  readonly groups: number;
  /** `proj_in` and `proj_out` are linear (SD 2) instead of 1x1 convolutions (SD 1). */
  readonly linearProjection: boolean;
  /**
   * What self-attention takes keys and values from, given its normalised input [n, t, c], thinned where keys are; by default that itself.
   * Cross-frame attention puts states of other frames here.
   */
  readonly keysFrom?: (states: Value) => Value;
  /** Self-attention takes keys and values from every second token of every second row (ToDo, Smith et al. 2024). */
  readonly thinKeys?: boolean;
  /** Self-attention goes head by head where it is written out, as many pictures' scores would not fit. */
  readonly oneByOne?: boolean;
};

export const TRANSFORMER_EPSILON = 1e-6; // hard-coded in diffusers, unlike the U-Net's norm_eps

/** x [n, c, h, w], text [n, tokens, width] -> [n, c, h, w]. A text may serve several pictures: text [n / frames, tokens, width]. */
export const transformer = (g: Graph, x: Value, text: Value, options: TransformerOptions, name: string): Value =>
  g.scope(name, () => {
    const [channels, heads] = [x.size(1), options.heads];
    if (channels % heads !== 0) throw g.error(`attention_head_dim ${heads} (the head count) does not divide ${channels} channels`);
    let h = groupNorm(g, x, 'norm', { groups: options.groups, epsilon: TRANSFORMER_EPSILON });
    h = options.linearProjection
      ? linear(g, toTokens(h), 'proj_in', { out: channels })
      : toTokens(conv2d(g, h, 'proj_in', { out: channels, kernel: 1 })); // [n, h w, c]
    const block = { ...options, grid: [x.dim(2), x.dim(3)] as const };
    for (let i = 0; i < options.layers; i++) h = transformerBlock(g, h, text, block, `transformer_blocks.${i}`);
    h = options.linearProjection
      ? toPicture(linear(g, h, 'proj_out', { out: channels }), x)
      : conv2d(g, toPicture(h, x), 'proj_out', { out: channels, kernel: 1 }); // [n, c, h, w]
    return h.add(x);
  });

/** Pre-norm: self-attention, attention over the text, feed-forward. */
const transformerBlock = (
  g: Graph,
  x: Value,
  text: Value,
  { heads, keysFrom, thinKeys = false, oneByOne = false, grid }: TransformerOptions & { readonly grid: readonly [Dim, Dim] },
  name: string,
): Value =>
  g.scope(name, () => {
    const n1 = layerNorm(g, x, 'norm1');
    const others = thinKeys ? thinTokens(n1, grid) : n1;
    x = x.add(attention(g, n1, keysFrom ? keysFrom(others) : others, heads, 'attn1', { oneByOne })); // [n, t, c]
    const n2 = layerNorm(g, x, 'norm2');
    const single = x.dim(0) === 1; // asks every text; several pictures that share a text ask it together
    const asking = single ? n2 : n2.reshape(text.dim(0), -1, x.dim(2));
    const answer = attention(g, asking, text, heads, 'attn2', { reason: 'cross_attention_dim' });
    x = x.add(single ? answer : answer.reshape(...x.dims));
    return x.add(feedForward(g, layerNorm(g, x, 'norm3'), 'ff'));
  });

/** A block that attends twice to its own tokens x [n, t, c], and to nothing else. */
export const selfAttentionBlock = (g: Graph, x: Value, heads: number, name: string): Value =>
  g.scope(name, () => {
    for (const k of [1, 2]) {
      const tokens = layerNorm(g, x, `norm${k}`);
      x = x.add(attention(g, tokens, tokens, heads, `attn${k}`));
    }
    return x.add(feedForward(g, layerNorm(g, x, 'norm3'), 'ff'));
  });

/** Queries from x [n or 1, t, c], keys and values from `source` [n, s, width]. */
const attention = (
  g: Graph,
  x: Value,
  source: Value,
  heads: number,
  name: string,
  { reason, ...how }: { readonly reason?: string } & Pick<AttentionOptions, 'oneByOne'> = {},
): Value =>
  g.scope(name, () => {
    const out = x.size(-1);
    const q = rows(linear(g, x, 'to_q', { out, bias: false }), source.dim(0));
    const k = linear(g, source, 'to_k', { out, bias: false, reason });
    const v = linear(g, source, 'to_v', { out, bias: false, reason });
    return linear(g, multiHead(q, k, v, heads, how), 'to_out.0', { out }); // [n, t, c]
  });

/** Gated feed-forward (GEGLU). `net.1` of the checkpoint is dropout and has no weights. */
const feedForward = (g: Graph, x: Value, name: string): Value =>
  g.scope(name, () => {
    const c = x.size(-1);
    const [value, gate] = linearHalves(g, x, 'net.0.proj', { out: 8 * c }); // 2 x [n, t, 4c], value first
    return linear(g, value.mul(gelu(gate)), 'net.2', { out: c }); // [n, t, c]
  });
