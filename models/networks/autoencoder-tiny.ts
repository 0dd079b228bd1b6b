// AutoencoderTiny (TAESD): a small picture codec without norms; its latents already have the U-Net's scale.

import { buildNetwork } from '../onnx/build.ts';
import { conv2d, doubledConv2d } from '../onnx/conv-layers.ts';
import type { Graph } from '../onnx/graph.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { relu, tanh } from '../onnx/ops/arithmetic.ts';
import type { Value } from '../onnx/value.ts';
import { ofPart, type WeightSource } from '../weights/weight-source.ts';
import { fieldsOf, type RawConfig } from './config.ts';
import { BOUNDS } from './limits.ts';

export type AutoencoderTinyConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly latentChannels: number;
  /** Channels of each level, in the order in which the encoder runs through them. */
  readonly encoderChannels: readonly number[];
  readonly encoderBlocks: readonly number[];
  /** The same for the decoder, from the latent outwards. */
  readonly decoderChannels: readonly number[];
  readonly decoderBlocks: readonly number[];
  /** latent of the U-Net = (latent here - shift) * scaling. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
};

const LATENT_BOUND = 3; // latents are squashed to -3..3 before they are decoded

/** Reads a `vae/config.json` of this class. */
export const autoencoderTinyConfig = (raw: RawConfig): AutoencoderTinyConfig => {
  const fields = fieldsOf(raw);
  fields.choice('_class_name', ['AutoencoderTiny'], 'AutoencoderTiny');
  fields.choice('act_fn', ['relu'], 'relu');
  fields.choice('upsample_fn', ['nearest'], 'nearest');
  fields.choice('upsampling_scaling_factor', [2], 2);
  const part = (name: 'encoder' | 'decoder', blocks: readonly number[]): [readonly number[], readonly number[]] => {
    const channels = fields.counts(`${name}_block_out_channels`, BOUNDS.channels, [64, 64, 64, 64]);
    const counts = fields.counts(`num_${name}_blocks`, BOUNDS.layersOrNone, blocks);
    if (channels.length === counts.length) return [channels, counts];
    throw fields.error(`num_${name}_blocks`, `has ${counts.length} entries, but ${name}_block_out_channels has ${channels.length}`);
  };
  const [encoderChannels, encoderBlocks] = part('encoder', [1, 3, 3, 3]);
  const [decoderChannels, decoderBlocks] = part('decoder', [3, 3, 3, 1]);
  return {
    inChannels: fields.count('in_channels', BOUNDS.channels, 3),
    outChannels: fields.count('out_channels', BOUNDS.channels, 3),
    latentChannels: fields.count('latent_channels', BOUNDS.channels, 4),
    encoderChannels,
    encoderBlocks,
    decoderChannels,
    decoderBlocks,
    scalingFactor: fields.number('scaling_factor', 1),
    shiftFactor: fields.number('shift_factor', 0),
  };
};

/** Picture to latent. Input: `image` [n, 3, h, w] in -1..1. Output: `latent` [n, latent channels, h/8, w/8]. */
export const autoencoderTinyEncoder = (config: AutoencoderTinyConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('autoencoder-tiny-encoder', ofPart(weights, 'encoder.'), g => encode(g, config));

const encode = (g: Graph, config: AutoencoderTinyConfig): void => {
  const image = g.input('image', ['batch', config.inChannels, 'height', 'width']);
  const layers = numbered('encoder');
  let x = image.add(1).div(2);
  config.encoderChannels.forEach((out, i) => {
    x = conv2d(g, x, layers.next(), i === 0 ? { out } : { out, stride: 2, bias: false });
    for (let j = 0; j < (config.encoderBlocks[i] as number); j++) x = block(g, x, out, layers.next());
  });
  g.output('latent', conv2d(g, x, layers.next(), { out: config.latentChannels }));
};

/** Latent to picture. Input: `latent` [n, latent channels, h, w]. Output: `image` [n, 3, 8 h, 8 w] in about -1..1. */
export const autoencoderTinyDecoder = (config: AutoencoderTinyConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('autoencoder-tiny-decoder', ofPart(weights, 'decoder.'), g => decode(g, config));

const decode = (g: Graph, config: AutoencoderTinyConfig): void => {
  const latent = g.input('latent', ['batch', config.latentChannels, 'height', 'width']);
  const layers = numbered('decoder');
  const bounded = tanh(latent.div(LATENT_BOUND)).mul(LATENT_BOUND);
  let x = relu(conv2d(g, bounded, layers.next(), { out: config.decoderChannels[0] as number }));
  layers.next(); // the activation takes a number
  config.decoderChannels.forEach((out, i) => {
    const last = i === config.decoderChannels.length - 1;
    for (let j = 0; j < (config.decoderBlocks[i] as number); j++) x = block(g, x, out, layers.next());
    if (!last) layers.next(); // and so does the doubling
    const name = layers.next();
    x = last ? conv2d(g, x, name, { out: config.outChannels }) : doubledConv2d(g, x, name, { out, bias: false }); // [n, c, 2h, 2w]
  });
  g.output('image', x.mul(2).sub(1));
};

/** relu(conv(relu(conv(relu(conv(x))))) + x). */
const block = (g: Graph, x: Value, out: number, name: string): Value =>
  g.scope(name, () => {
    const a = relu(conv2d(g, x, 'conv.0', { out }));
    const b = relu(conv2d(g, a, 'conv.2', { out }));
    const straight = x.dim(1) === out ? x : conv2d(g, x, 'skip', { out, kernel: 1, bias: false });
    return relu(conv2d(g, b, 'conv.4', { out }).add(straight));
  });

/** `encoder.layers.0`, `encoder.layers.1`, ...: the checkpoint numbers every layer, also those without weights. */
const numbered = (part: string): { next: () => string } => {
  let count = 0;
  return { next: () => `${part}.layers.${count++}` };
};
