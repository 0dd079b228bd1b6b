// UNet2DConditionModel as one graph for every mode: plain, guided by ControlNets, recording, cross-frame, FreeU on or off.
import { type FreeU, type FreeUStages, filterSkip, freeuInputs, scaleBackbone, strengthAt } from '../freeu.ts';
import { buildNetwork } from '../onnx/build.ts';
import type { Graph } from '../onnx/graph.ts';
import { conv2d, groupNorm } from '../onnx/layers.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { addBroadcast, silu } from '../onnx/ops/arithmetic.ts';
import { concat, takeFirst } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { type Conditions, conditions, downPath, middle, residualChannels } from './blocks/down-path.ts';
import { resnetBlock, upsample } from './blocks/resnet.ts';
import { transformer } from './blocks/transformer.ts';
import type { Level, UNetConfig } from './unet-config.ts';

export type UNetOptions = {
  /** Which layers FreeU's two stages are; `'channels'` by default. `'off'` leaves its operators and inputs out of the graph. */
  readonly freeu?: FreeUStages | 'off';
  /**
   * Where a ControlNet's residual joins the skip.
   * - `'filter-first'` (default): after FreeU's filter (Rerender)
   * - `'control-first'`: before it (diffusers)
   */
  readonly controlOrder?: 'filter-first' | 'control-first';
  /** Adds outputs of what FreeU sees and makes; default false, as further outputs hinder the runtime's own rewriting of the graph. */
  readonly probes?: boolean;
};

/**
 * The graph of a U-Net.
 *
 * Inputs: `sample` [n, c, h, w]; `timestep` [1] or [n]; `context` [n, tokens, width]; `timestep_cond` [n, d] where the network is distilled;
 * `text_embeds` [n, d] and `time_ids` [n, 6] where it is SDXL-like; `b1 b2 s1 s2 freeu_version` scalars; `control.K`, ControlNet residuals in
 * push order and the middle's last, each of its skip's dims or zeros [1, 1, 1, 1]; `bank.J` [n, m, c], normalised states of other frames for
 * the J-th self-attention of the way up, m may be 0; `n_self.J` int64 [1], how many of the frame's own tokens are keys there.
 * Outputs: `eps` [n, c, h, w]; `state.J` [n, tokens, c], what a later frame takes as `bank.J`. With `probes`, at each SITE `up_blocks.I.resnets.J`
 * of FreeU: `freeu.SITE.backbone` and `.backbone_scaled`, `freeu.SITE.skip` and `.skip_filtered`, before and after it [n, c, h, w].
 *
 * Throws a WeightError that lists the weights that do not fit.
 */
export const unet2d = (config: UNetConfig, weights: WeightSource, options: UNetOptions = {}): NetworkGraph =>
  buildNetwork('unet2d', weights, g => describe(g, config, options));

const describe = (
  g: Graph,
  config: UNetConfig,
  { freeu: stages = 'channels', controlOrder = 'filter-first', probes = false }: UNetOptions,
): void => {
  const { groups, epsilon } = config;
  const first = (config.levels[0] as Level).channels;
  const sample = g.input('sample', ['batch', config.inChannels, 'height', 'width']);
  const given = conditions(g, sample, config);
  const freeu = stages === 'off' ? undefined : freeuInputs(g, stages);
  const controls = controlInputs(g, config);
  const frames = crossFrame(g);

  const skips = downPath(g, conv2d(g, sample, 'conv_in', { out: first, reason: 'in_channels' }), given, config);
  const bottom = middle(g, skips.at(-1) as Value, given, config);
  const x = upPath(g, addBroadcast(bottom, controls.pop() as Value), skips, controls, given, config, {
    freeu,
    controlOrder,
    frames,
    probes,
  });
  const out = silu(groupNorm(g, x, 'conv_norm_out', { groups, epsilon }));
  g.output('eps', conv2d(g, out, 'conv_out', { out: config.outChannels, reason: 'out_channels' }));
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

/** Keys and values from the frame's first `n_self.J` tokens and the bank; what the layer itself saw becomes a `state`. */
const crossFrame = (g: Graph): CrossFrame => {
  const states: Value[] = [];
  const keysFrom = (own: Value): Value => {
    const j = states.push(own) - 1;
    const count = g.input(`n_self.${j}`, [1], 'int64');
    const bank = g.input(`bank.${j}`, [own.dim(0), `bank.${j}.tokens`, own.dim(2)]);
    return concat([takeFirst(own, 1, count, `own.${j}.tokens`), bank], 1, `keys.${j}.tokens`); // [n, n_self + m, c]
  };
  return { keysFrom, states };
};

type Up = {
  readonly freeu: FreeU | undefined;
  readonly controlOrder: 'filter-first' | 'control-first';
  readonly frames: CrossFrame;
  readonly probes: boolean;
};

/** From the middle back to the latent's size; each layer takes the skip that was pushed last. */
const upPath = (
  g: Graph,
  x: Value,
  skips: Value[],
  controls: Value[],
  { time, text }: Conditions,
  { levels, upAttention, groups, epsilon, linearProjection }: UNetConfig,
  { freeu, controlOrder, frames, probes }: Up,
): Value => {
  const first = (levels[0] as Level).channels;
  [...levels].reverse().forEach(({ channels, layers, heads, transformerLayers }, i) => {
    g.scope(`up_blocks.${i}`, () => {
      for (let j = 0; j <= layers; j++) {
        let [skip, control] = [skips.pop(), controls.pop()] as [Value, Value];
        const strength = freeu && strengthAt(freeu, i, x.size(1), first);
        if (controlOrder === 'control-first') skip = addBroadcast(skip, control);
        const seen = skip;
        if (strength) skip = filterSkip(skip, strength.s);
        const backbone = strength ? scaleBackbone(x, strength) : [x];
        if (strength && probes) {
          const made = { backbone: x, backbone_scaled: concat(backbone, 1), skip: seen, skip_filtered: skip };
          for (const [what, value] of Object.entries(made)) g.output(`freeu.up_blocks.${i}.resnets.${j}.${what}`, value);
        }
        if (controlOrder === 'filter-first') skip = addBroadcast(skip, control);
        const joined = concat([...backbone, skip], 1); // [n, x + skip, h, w]
        x = resnetBlock(g, joined, time, channels, { groups, epsilon }, `resnets.${j}`);
        if (upAttention[i]) {
          const options = { layers: transformerLayers, heads, groups, linearProjection, keysFrom: frames.keysFrom };
          x = transformer(g, x, text, options, `attentions.${j}`);
        }
      }
      if (skips.length > 0) x = upsample(g, x, 'upsamplers.0', skips.at(-1));
    });
  });
  return x;
};
