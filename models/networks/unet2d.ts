// UNet2DConditionModel as one graph for every mode: plain, guided by ControlNets, recording, cross-frame, FreeU on or off.

import { buildNetwork } from '../onnx/build.ts';
import { conv2d } from '../onnx/conv-layers.ts';
import type { Graph } from '../onnx/graph.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { groupNorm } from '../onnx/norm-layers.ts';
import { addBroadcast, silu } from '../onnx/ops/arithmetic.ts';
import { concat, rows, takeFirst } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { attentionInLast, attentionLayers, largestAttention } from './attention-layers.ts';
import { attention } from './blocks/attention.ts';
import { conditions } from './blocks/conditions.ts';
import { type FreeUForms, type FreeUOrder, type FreeUStages, freeuInputs } from './blocks/freeu.ts';
import { skipJoin } from './blocks/join-skip.ts';
import { downPath, type JoinSkip, lastLayers, middle, residualChannels, upPath } from './blocks/unet-path.ts';
import type { Level, UNetConfig } from './unet-config.ts';

export type UNetOptions = {
  /** Which layers FreeU's two stages are; `'channels'` by default. `'off'` leaves its operators and inputs out of the graph. */
  readonly freeu?: FreeUStages | 'off';
  /** What FreeU's stages have beside their factors, and whether there is a third; nothing by default. */
  readonly freeuForms?: FreeUForms;
  /** Default `'before-control'`. */
  readonly freeuOrder?: FreeUOrder;
  /** Self-attention of the level with the most tokens takes a quarter of them as keys, and leaves these as states; default false. */
  readonly thinKeys?: boolean;
  /**
   * How many of the last residual blocks of the way up a shallow call runs (`shallowUNet`): 1 to one more than the first level has on the
   * way down. Adds an output `deep`, what stands before them. Default 0: none.
   */
  readonly shallowBlocks?: number;
  /** Adds outputs of what FreeU sees and makes; default false, as further outputs hinder the runtime's own rewriting of the graph. */
  readonly probes?: boolean;
};

/**
 * The graph of a U-Net.
 *
 * Inputs: `sample` [n, c, h, w], or [1, c, h, w] where all n texts are asked of one; `timestep` [1] or [n]; `context` [n, tokens, width];
 * `timestep_cond` [n, d] where the network is distilled; `text_embeds` [n, d] and `time_ids` [n, 6 or 5] where it is SDXL-like;
 * `b1 b2 s1 s2 freeu_version` scalars, and `b3 s3 h1 h2 h3` where `freeuForms` asks for them; `control.K`,
 * ControlNet residuals in push order and the middle's last, each of its skip's dims or zeros [1, 1, 1, 1]; `bank.J` [n, m, c], normalised
 * states of other frames for the J-th self-attention of the way up, m may be 0; `n_self.J` int64 [1], how many of the frame's own tokens
 * are keys. Outputs: `eps` [n, c, h, w]; `state.J` [n, tokens, c], what a later frame takes as `bank.J`. With `probes`, at each SITE
 * `up_blocks.I.resnets.J` of FreeU: `freeu.SITE.backbone` and `.backbone_scaled`, `freeu.SITE.skip` and `.skip_filtered`, before and after
 * it [n, c, h, w].
 *
 * With `shallowBlocks` also `deep` [n, c, h, w], what `shallowUNet` goes on from.
 *
 * Throws a WeightError that lists the weights that do not fit.
 */
export const unet2d = (config: UNetConfig, weights: WeightSource, options: UNetOptions = {}): NetworkGraph =>
  buildNetwork('unet2d', weights, g => describe(g, config, options));

/**
 * The first and last layers of a U-Net, which go on from what a whole call left: of an earlier step, as deep features change little from
 * step to step (DeepCache, Ma et al. 2024). Inputs and outputs are those of `unet2d` that the layers left have use for, under the same
 * names; and an input `deep` [n, c, h, w].
 */
export const shallowUNet = (config: UNetConfig, weights: WeightSource, options: Shallow): NetworkGraph =>
  buildNetwork('unet2d, shallow', weights, g => describeShallow(g, config, options));

type Shallow = UNetOptions & { readonly shallowBlocks: number };

const describe = (g: Graph, config: UNetConfig, options: UNetOptions): void => {
  const controls = controlInputs(g, residualChannels(config).length);
  const { first, path, join, finish } = frameOf(g, config, options, controls);
  const skips = downPath(g, first, path);
  const bottom = addBroadcast(middle(g, skips.at(-1) as Value, path), controls.at(-1) as Value);
  const cut: JoinSkip = (x, skip, place, k) => {
    if (k + 1 === options.shallowBlocks) g.output('deep', x);
    return join(x, skip, place, k);
  };
  finish(upPath(g, bottom, skips, { ...path, join: cut }));
};

const describeShallow = (g: Graph, config: UNetConfig, options: Shallow): void => {
  const { shallowBlocks: blocks } = options;
  const [level, below = level] = config.levels as [Level, ...Level[]];
  const before = attentionLayers(config).length - attentionInLast(config, blocks);
  const { first, text, path, join, finish } = frameOf(g, config, options, controlInputs(g, blocks), before);
  const skips = downPath(g, first, { ...path, config: { ...config, levels: [{ ...level, layers: blocks - 1 }] } });
  const channels = blocks > level.layers ? below.channels : level.channels; // a doubling keeps the channels of the level below
  const deep = g.input('deep', [text.dim(0), channels, first.dim(2), first.dim(3)]);
  finish(lastLayers(g, deep, skips, { ...path, join }));
};

/**
 * What is around the ways of whole and shallow calls: the first convolution, what stands behind residual blocks and at skips, and the end.
 * @param before self-attention layers of the way up that are left out
 */
const frameOf = (g: Graph, config: UNetConfig, options: UNetOptions, controls: readonly Value[], before = 0) => {
  const { freeu: stages = 'channels', freeuForms, freeuOrder, thinKeys, probes } = options;
  const { groups, epsilon } = config;
  const firstChannels = (config.levels[0] as Level).channels;
  const sample = g.input('sample', ['pictures', config.inChannels, 'height', 'width']);
  const { latents, time, text } = conditions(g, sample, config);
  const freeu = stages === 'off' ? undefined : freeuInputs(g, stages, freeuForms);
  const frames = crossFrame(g, before);
  const thinsKeys = thinKeys ? largestAttention(config) : undefined;
  const finish = (x: Value): void => {
    const out = silu(groupNorm(g, x, 'conv_norm_out', { groups, epsilon }));
    g.output('eps', rows(conv2d(g, out, 'conv_out', { out: config.outChannels, reason: 'out_channels' }), text.dim(0)));
    for (const [j, state] of frames.states.entries()) g.output(`state.${before + j}`, state);
  };
  return {
    text,
    first: conv2d(g, latents, 'conv_in', { out: firstChannels, reason: 'in_channels' }),
    path: { config, time, after: attention(g, text, config, { keysFrom: frames.keysFrom, ...(thinsKeys && { thinsKeys }) }) },
    join: skipJoin(g, { firstChannels, freeu, controls, freeuOrder, probes }),
    finish,
  };
};

/** `control.0` and so on; every dim is free, as zeros [1, 1, 1, 1] stand for "no control". */
const controlInputs = (g: Graph, count: number): Value[] =>
  Array.from({ length: count }, (_, k) =>
    g.input(
      `control.${k}`,
      ['n', 'c', 'h', 'w'].map(dim => `control.${k}.${dim}`),
    ),
  );

type CrossFrame = { readonly keysFrom: (states: Value) => Value; readonly states: Value[] };

/**
 * Keys and values from the frame's first `n_self.J` tokens and the bank; the layer's normalised input becomes a `state`. Of `before` layers
 * there is nothing here.
 */
const crossFrame = (g: Graph, before: number): CrossFrame => {
  const states: Value[] = [];
  const keysFrom = (tokens: Value): Value => {
    const j = before + states.push(tokens) - 1;
    const count = g.input(`n_self.${j}`, [1], 'int64');
    const bank = g.input(`bank.${j}`, [tokens.dim(0), `bank.${j}.tokens`, tokens.dim(2)]);
    return concat([takeFirst(tokens, 1, count, `own.${j}.tokens`), bank], 1, `keys.${j}.tokens`); // [n, n_self + m, c]
  };
  return { keysFrom, states };
};
