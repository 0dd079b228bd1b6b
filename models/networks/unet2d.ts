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
import { attention } from './blocks/attention.ts';
import { conditions } from './blocks/conditions.ts';
import { type FreeUOrder, type FreeUStages, freeuInputs } from './blocks/freeu.ts';
import { skipJoin } from './blocks/join-skip.ts';
import { downPath, middle, residualChannels, upPath } from './blocks/unet-path.ts';
import type { Level, UNetConfig } from './unet-config.ts';

export type UNetOptions = {
  /** Which layers FreeU's two stages are; `'channels'` by default. `'off'` leaves its operators and inputs out of the graph. */
  readonly freeu?: FreeUStages | 'off';
  /** Default `'before-control'`. */
  readonly freeuOrder?: FreeUOrder;
  /** Adds outputs of what FreeU sees and makes; default false, as further outputs hinder the runtime's own rewriting of the graph. */
  readonly probes?: boolean;
};

/**
 * The graph of a U-Net.
 *
 * Inputs: `sample` [n, c, h, w], or [1, c, h, w] where all n texts are asked of one; `timestep` [1] or [n]; `context` [n, tokens, width];
 * `timestep_cond` [n, d] where the network is distilled; `text_embeds` [n, d] and `time_ids` [n, 6 or 5] where it is SDXL-like;
 * `b1 b2 s1 s2 freeu_version` scalars; `control.K`, ControlNet residuals in push order and the middle's last, each of its skip's dims or
 * zeros [1, 1, 1, 1]; `bank.J` [n, m, c], normalised states of other frames for the J-th self-attention of the way up, m may be 0;
 * `n_self.J` int64 [1], how many of the frame's own tokens are keys. Outputs: `eps` [n, c, h, w]; `state.J` [n, tokens, c],
 * what a later frame takes as `bank.J`. With `probes`, at each SITE
 * `up_blocks.I.resnets.J` of FreeU: `freeu.SITE.backbone` and `.backbone_scaled`, `freeu.SITE.skip` and `.skip_filtered`, before and after
 * it [n, c, h, w].
 *
 * Throws a WeightError that lists the weights that do not fit.
 */
export const unet2d = (config: UNetConfig, weights: WeightSource, options: UNetOptions = {}): NetworkGraph =>
  buildNetwork('unet2d', weights, g => describe(g, config, options));

const describe = (g: Graph, config: UNetConfig, { freeu: stages = 'channels', freeuOrder, probes }: UNetOptions): void => {
  const { groups, epsilon } = config;
  const firstChannels = (config.levels[0] as Level).channels;
  const sample = g.input('sample', ['pictures', config.inChannels, 'height', 'width']);
  const { latents, time, text } = conditions(g, sample, config);
  const freeu = stages === 'off' ? undefined : freeuInputs(g, stages);
  const controls = controlInputs(g, config);
  const frames = crossFrame(g);
  const path = { config, time, after: attention(g, text, config, frames.keysFrom) };

  const skips = downPath(g, conv2d(g, latents, 'conv_in', { out: firstChannels, reason: 'in_channels' }), path);
  const bottom = addBroadcast(middle(g, skips.at(-1) as Value, path), controls.at(-1) as Value);
  const join = skipJoin(g, { firstChannels, freeu, controls, freeuOrder, probes });
  const x = upPath(g, bottom, skips, { ...path, join });
  const out = silu(groupNorm(g, x, 'conv_norm_out', { groups, epsilon }));
  g.output('eps', rows(conv2d(g, out, 'conv_out', { out: config.outChannels, reason: 'out_channels' }), text.dim(0)));
  for (const [j, state] of frames.states.entries()) g.output(`state.${j}`, state);
};

/** `control.0` and so on; every dim is free, as zeros [1, 1, 1, 1] stand for "no control". */
const controlInputs = (g: Graph, config: UNetConfig): Value[] =>
  residualChannels(config).map((_, k) =>
    g.input(
      `control.${k}`,
      ['n', 'c', 'h', 'w'].map(dim => `control.${k}.${dim}`),
    ),
  );

type CrossFrame = { readonly keysFrom: (states: Value) => Value; readonly states: Value[] };

/** Keys and values from the frame's first `n_self.J` tokens and the bank; the layer's normalised input becomes a `state`. */
const crossFrame = (g: Graph): CrossFrame => {
  const states: Value[] = [];
  const keysFrom = (tokens: Value): Value => {
    const j = states.push(tokens) - 1;
    const count = g.input(`n_self.${j}`, [1], 'int64');
    const bank = g.input(`bank.${j}`, [tokens.dim(0), `bank.${j}.tokens`, tokens.dim(2)]);
    return concat([takeFirst(tokens, 1, count, `own.${j}.tokens`), bank], 1, `keys.${j}.tokens`); // [n, n_self + m, c]
  };
  return { keysFrom, states };
};
