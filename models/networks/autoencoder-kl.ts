// AutoencoderKL, Stable Diffusion's picture codec: an encoder to the moments of the latent, and a decoder back.

import { buildNetwork } from '../onnx/build.ts';
import { conv2d } from '../onnx/conv-layers.ts';
import type { Graph } from '../onnx/graph.ts';
import { ofWholeMap } from '../onnx/layer-notes.ts';
import { linear, multiHead, toPicture, toTokens } from '../onnx/layers.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { groupNorm, type NormOptions } from '../onnx/norm-layers.ts';
import { clip, exp, silu } from '../onnx/ops/arithmetic.ts';
import type { Value } from '../onnx/value.ts';
import { oldVaeNames } from '../weights/aliases.ts';
import { ofPart, type WeightSource } from '../weights/weight-source.ts';
import { resnetBlock, upsample } from './blocks/resnet.ts';
import { type Fields, fieldsOf, type RawConfig } from './config.ts';
import { BOUNDS } from './limits.ts';

export type AutoencoderKLConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly latentChannels: number;
  /** Channels from the picture inwards. */
  readonly channels: readonly number[];
  /** Residual blocks a level on the way in; the way out has one more. */
  readonly layers: number;
  readonly groups: number;
  /** Whether 1x1 convolutions stand between the networks and the latent. */
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  readonly middleAttention: boolean;
  /** latent of the U-Net = (latent here - shift) * scaling. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  /** Of each channel of the latent here, where they are known: its mean comes off and its standard deviation is divided by. */
  readonly statistics?: { readonly means: readonly number[]; readonly deviations: readonly number[] };
};

/** `latents_mean` and `latents_std`: both or none, a number for each latent channel. */
const statistics = (fields: Fields, channels: number): Pick<AutoencoderKLConfig, 'statistics'> => {
  const [means, deviations] = [fields.numbers('latents_mean', channels), fields.numbers('latents_std', channels)];
  if (!means && !deviations) return {};
  if (!means || !deviations) throw fields.error(means ? 'latents_std' : 'latents_mean', 'is absent: both are needed, or none');
  if (deviations.some(value => value <= 0)) throw fields.error('latents_std', 'has a number that is not above 0');
  return { statistics: { means, deviations } };
};

const ENCODER = ['encoder.', 'quant_conv.'];
const DECODER = ['decoder.', 'post_quant_conv.'];
const SCORES = 2e9; // bytes of attention's scores at once: all of a picture of 1.4 million pixels
const EPSILON = 1e-6; // of every norm here; the U-Net's is 1e-5

/** Reads a `vae/config.json` of this class. */
export const autoencoderKLConfig = (raw: RawConfig): AutoencoderKLConfig => {
  const fields = fieldsOf(raw);
  fields.choice('_class_name', ['AutoencoderKL'], 'AutoencoderKL');
  fields.choice('act_fn', ['silu', 'swish'], 'silu');
  const channels = fields.counts('block_out_channels', BOUNDS.channels, [64]);
  for (const [key, supported] of Object.entries({ down_block_types: 'DownEncoderBlock2D', up_block_types: 'UpDecoderBlock2D' })) {
    const types = fields.choices(key, [supported], [supported]);
    if (types.length !== channels.length)
      throw fields.error(key, `has ${types.length} blocks, but block_out_channels has ${channels.length}`);
  }
  const groups = fields.count('norm_num_groups', BOUNDS.channels, 32);
  const odd = channels.find(width => width % groups !== 0);
  if (odd !== undefined) throw fields.error('norm_num_groups', `${groups} does not divide ${odd} channels`);
  const latentChannels = fields.count('latent_channels', BOUNDS.channels, 4);
  return {
    inChannels: fields.count('in_channels', BOUNDS.channels, 3),
    outChannels: fields.count('out_channels', BOUNDS.channels, 3),
    latentChannels,
    channels,
    layers: fields.count('layers_per_block', BOUNDS.layers, 1),
    groups,
    quantConv: fields.flag('use_quant_conv', true),
    postQuantConv: fields.flag('use_post_quant_conv', true),
    middleAttention: fields.flag('mid_block_add_attention', true),
    scalingFactor: fields.number('scaling_factor', 0.18215),
    shiftFactor: fields.number('shift_factor', 0),
    ...statistics(fields, latentChannels),
  };
};

/**
 * Picture to latent. Input: `image` [n, 3, h, w] in -1..1. Outputs: `mean`, `logvar` (clamped to -30..20) and `std`, all
 * [n, latent channels, h/8, w/8] before the scaling factor; a side that is odd on the way loses its last row or column.
 */
export const autoencoderKLEncoder = (config: AutoencoderKLConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('autoencoder-kl-encoder', ofPart(oldVaeNames(weights), ...ENCODER), g => encode(g, config));

const encode = (g: Graph, config: AutoencoderKLConfig): void => {
  const image = g.input('image', ['batch', config.inChannels, 'height', 'width']);
  const { channels, layers, groups, latentChannels } = config;
  const norm = { groups, epsilon: EPSILON };
  const moments = g.scope('encoder', () => {
    let x = conv2d(g, image, 'conv_in', { out: channels[0] as number });
    channels.forEach((out, i) => {
      g.scope(`down_blocks.${i}`, () => {
        for (let j = 0; j < layers; j++) x = resnetBlock(g, x, undefined, out, norm, `resnets.${j}`);
        if (i < channels.length - 1) x = conv2d(g, x, 'downsamplers.0.conv', { out, stride: 2, pads: [0, 0, 1, 1] });
      });
    });
    x = middle(g, x, norm, config.middleAttention);
    return conv2d(g, silu(groupNorm(g, x, 'conv_norm_out', norm)), 'conv_out', { out: 2 * latentChannels });
  });
  const both = config.quantConv ? conv2d(g, moments, 'quant_conv', { out: 2 * latentChannels, kernel: 1 }) : moments;
  const [mean, logvar] = both.split(2, 1) as [Value, Value];
  const clamped = clip(logvar, -30, 20);
  g.output('mean', mean);
  g.output('logvar', clamped);
  g.output('std', exp(clamped.mul(0.5)));
};

/**
 * Latent to picture. Input: `latent` [n, latent channels, h, w], already divided by the scaling factor. Output: `image` [n, 3, 8 h, 8 w].
 */
export const autoencoderKLDecoder = (config: AutoencoderKLConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('autoencoder-kl-decoder', ofPart(oldVaeNames(weights), ...DECODER), g => decode(g, config));

const decode = (g: Graph, config: AutoencoderKLConfig): void => {
  const { channels, layers, groups, latentChannels } = config;
  const norm = { groups, epsilon: EPSILON };
  const latent = g.input('latent', ['batch', latentChannels, 'height', 'width']);
  const inner = config.postQuantConv ? conv2d(g, latent, 'post_quant_conv', { out: latentChannels, kernel: 1 }) : latent;
  const image = g.scope('decoder', () => {
    let x = conv2d(g, inner, 'conv_in', { out: channels.at(-1) as number });
    x = middle(g, x, norm, config.middleAttention);
    [...channels].reverse().forEach((out, i) => {
      g.scope(`up_blocks.${i}`, () => {
        for (let j = 0; j <= layers; j++) x = resnetBlock(g, x, undefined, out, norm, `resnets.${j}`);
        if (i < channels.length - 1) x = upsample(g, x, 'upsamplers.0');
      });
    });
    return conv2d(g, silu(groupNorm(g, x, 'conv_norm_out', norm)), 'conv_out', { out: config.outChannels });
  });
  g.output('image', image);
};

const middle = (g: Graph, x: Value, norm: NormOptions, attends: boolean): Value =>
  g.scope('mid_block', () => {
    const out = x.size(1);
    x = resnetBlock(g, x, undefined, out, norm, 'resnets.0');
    if (attends) x = ofWholeMap(x, map => attention(map, norm, 'attentions.0'));
    return resnetBlock(g, x, undefined, out, norm, 'resnets.1');
  });

/** One head over all pixels, with biases everywhere: [n, c, h, w] -> [n, c, h, w]. */
const attention = (x: Value, norm: NormOptions, name: string): Value => {
  const g = x.graph;
  return g.scope(name, () => {
    const out = x.size(1);
    const tokens = toTokens(groupNorm(g, x, 'group_norm', norm)); // [n, h w, c]
    const [q, k, v] = ['to_q', 'to_k', 'to_v'].map(part => linear(g, tokens, part, { out })) as [Value, Value, Value];
    const mixed = linear(g, multiHead(q, k, v, 1, { scoreBytes: SCORES }), 'to_out.0', { out });
    return x.add(toPicture(mixed, x));
  });
};
