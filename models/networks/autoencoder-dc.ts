// AutoencoderDC (Deep Compression Autoencoder, J. Chen et al. 2024), with residual blocks: scales are left and reached by shuffling pixels
// into channels and back, and what a halving or doubling has to learn is only what its shortcut leaves.

import { buildNetwork } from '../onnx/build.ts';
import { conv2d } from '../onnx/conv-layers.ts';
import type { Graph } from '../onnx/graph.ts';
import { noteLayer } from '../onnx/layer-notes.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { rmsNorm } from '../onnx/norm-layers.ts';
import { relu, silu } from '../onnx/ops/arithmetic.ts';
import { reduce } from '../onnx/ops/contract.ts';
import { shuffle, unshuffle } from '../onnx/ops/shuffle.ts';
import type { Value } from '../onnx/value.ts';
import { ofPart, type WeightSource } from '../weights/weight-source.ts';
import { fieldsOf, type RawConfig } from './config.ts';
import { BOUNDS } from './limits.ts';

/** One half: channels and residual blocks of each level, from the picture inwards. A first level without blocks has no full-size map. */
type Half = { readonly channels: readonly number[]; readonly layers: readonly number[]; readonly shortcut: boolean };

export type AutoencoderDCConfig = {
  /** Channels of a picture. */
  readonly inChannels: number;
  readonly latentChannels: number;
  readonly encoder: Half;
  readonly decoder: Half;
  /** Before the last convolution. */
  readonly lastActivation: 'relu' | 'silu';
  /** latent of the U-Net = latent here times scaling. */
  readonly scalingFactor: number;
};

const LEVELS = [128, 256, 512, 512, 1024, 1024];
const EPSILON = 1e-5;

/** Reads a `vae/config.json` of this class. */
export const autoencoderDCConfig = (raw: RawConfig): AutoencoderDCConfig => {
  const fields = fieldsOf(raw);
  fields.choice('_class_name', ['AutoencoderDC'], 'AutoencoderDC');
  const everywhere = (key: string, supported: string): void => {
    if (Array.isArray(raw.values[key])) fields.choices(key, [supported], [supported]);
    else fields.choice(key, [supported], supported);
  };
  everywhere('encoder_block_types', 'ResBlock');
  everywhere('decoder_block_types', 'ResBlock');
  everywhere('decoder_norm_types', 'rms_norm');
  everywhere('decoder_act_fns', 'silu');
  fields.choice('downsample_block_type', ['pixel_unshuffle'], 'pixel_unshuffle');
  fields.choice('upsample_block_type', ['pixel_shuffle'], 'pixel_shuffle');
  const part = (name: 'encoder' | 'decoder', layersAbsent: readonly number[], shortcutKey: string): Half => {
    const channels = fields.counts(`${name}_block_out_channels`, BOUNDS.channels, LEVELS);
    const layers = fields.counts(`${name}_layers_per_block`, BOUNDS.layersOrNone, layersAbsent);
    if (channels.length !== layers.length)
      throw fields.error(`${name}_layers_per_block`, `has ${layers.length} entries, but ${name}_block_out_channels has ${channels.length}`);
    const bare = layers.findIndex((n, i) => i > 0 && n === 0);
    if (bare > 0) throw fields.error(`${name}_layers_per_block`, `is 0 at level ${bare}: only the first may be without blocks`);
    return { channels, layers, shortcut: fields.flag(shortcutKey, true) };
  };
  return {
    inChannels: fields.count('in_channels', BOUNDS.channels, 3),
    latentChannels: fields.count('latent_channels', BOUNDS.channels, 32),
    encoder: part('encoder', [2, 2, 2, 3, 3, 3], 'encoder_out_shortcut'),
    decoder: part('decoder', [3, 3, 3, 3, 3, 3], 'decoder_in_shortcut'),
    lastActivation: fields.choice('decoder_conv_act_fn', ['relu', 'silu'], 'relu'),
    scalingFactor: fields.number('scaling_factor', 1),
  };
};

/** Channels of the first level's maps; the second level's where the first has no blocks. */
const outermost = ({ channels, layers }: Half): number => channels[layers[0] === 0 ? 1 : 0] as number;

/**
 * Picture to latent. Input: `image` [n, 3, h, w] in -1..1. Output: `latent` [n, latent channels, h/8, w/8]; each level but one halves.
 */
export const autoencoderDCEncoder = (config: AutoencoderDCConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('autoencoder-dc-encoder', ofPart(weights, 'encoder.'), g => {
    const image = g.input('image', ['batch', config.inChannels, 'height', 'width']);
    g.output(
      'latent',
      g.scope('encoder', () => encode(g, image, config)),
    );
  });

const encode = (g: Graph, image: Value, { encoder, latentChannels }: AutoencoderDCConfig): Value => {
  const { channels, layers, shortcut } = encoder;
  const out = outermost(encoder);
  let x = layers[0] === 0 ? g.scope('conv_in', () => halved(g, image, out, false)) : conv2d(g, image, 'conv_in', { out });
  channels.forEach((width, i) => {
    const blocks = layers[i] as number;
    g.scope(`down_blocks.${i}`, () => {
      for (let j = 0; j < blocks; j++) x = residual(g, x, width, String(j));
      const next = channels[i + 1];
      if (next !== undefined && blocks > 0) x = g.scope(String(blocks), () => halved(g, x, next, true));
    });
  });
  const latent = conv2d(g, x, 'conv_out', { out: latentChannels });
  return shortcut ? latent.add(pooled(x, latentChannels)) : latent;
};

/** Latent to picture. Input: `latent` [n, latent channels, h, w]. Output: `image` [n, 3, 8 h, 8 w] in about -1..1. */
export const autoencoderDCDecoder = (config: AutoencoderDCConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('autoencoder-dc-decoder', ofPart(weights, 'decoder.'), g => {
    const latent = g.input('latent', ['batch', config.latentChannels, 'height', 'width']);
    g.output(
      'image',
      g.scope('decoder', () => decode(g, latent, config)),
    );
  });

const decode = (g: Graph, latent: Value, { decoder, inChannels, lastActivation }: AutoencoderDCConfig): Value => {
  const { channels, layers, shortcut } = decoder;
  const inner = conv2d(g, latent, 'conv_in', { out: channels.at(-1) as number });
  let x = shortcut ? addRepeated(inner, latent) : inner;
  for (const i of [...channels.keys()].reverse()) {
    const [width, blocks] = [channels[i] as number, layers[i] as number];
    const first = i < channels.length - 1 && blocks > 0 ? 1 : 0; // the doubling takes a number
    g.scope(`up_blocks.${i}`, () => {
      if (first) x = g.scope('0', () => doubled(g, x, width, true));
      for (let j = 0; j < blocks; j++) x = residual(g, x, width, String(first + j));
    });
  }
  const normed = rmsNorm(g, x, 'norm_out', EPSILON);
  const active = lastActivation === 'relu' ? relu(normed) : silu(normed);
  if (layers[0] === 0) return g.scope('conv_out', () => doubled(g, active, inChannels, false));
  return conv2d(g, active, 'conv_out', { out: inChannels });
};

/** norm(conv(silu(conv(x)))) + x. */
const residual = (g: Graph, x: Value, out: number, name: string): Value =>
  g.scope(name, () => {
    const inner = silu(conv2d(g, x, 'conv1', { out }));
    return rmsNorm(g, conv2d(g, inner, 'conv2', { out, bias: false }), 'norm', EPSILON).add(x);
  });

/** Half the size: [n, c, h, w] -> [n, out, h/2, w/2]. */
const halved = (g: Graph, x: Value, out: number, shortcut: boolean): Value => {
  const learned = unshuffle(conv2d(g, x, 'conv', { out: out / 4 }));
  return shortcut ? learned.add(pooled(unshuffle(x), out)) : learned;
};

/** Twice the size: [n, c, h, w] -> [n, out, 2h, 2w]. */
const doubled = (g: Graph, x: Value, out: number, shortcut: boolean): Value => {
  const learned = conv2d(g, x, 'conv', { out: 4 * out });
  return shuffle(shortcut ? addRepeated(learned, x) : learned);
};

/** Means of neighbouring channels: [n, c, h, w] -> [n, out, h, w]. */
const pooled = (x: Value, out: number): Value => {
  const group = x.size(1) / out;
  if (!Number.isInteger(group)) throw x.graph.error(`a shortcut from ${x.size(1)} to ${out} channels`);
  const [n, h, w] = [x.dim(0), x.dim(2), x.dim(3)];
  if (group === 1) return x;
  const means = reduce('Mean', x.reshape(n, out, group, h, w), [2]).reshape(n, out, h, w);
  return noteLayer(means, [x], (_, [rows]) => pooled(rows!, out));
};

/** y + x, with each channel of x as often in a row as y has channels for it. */
const addRepeated = (y: Value, x: Value): Value => {
  const times = y.size(1) / x.size(1);
  if (!Number.isInteger(times)) throw x.graph.error(`a shortcut from ${x.size(1)} to ${y.size(1)} channels`);
  const [n, h, w] = [y.dim(0), y.dim(2), y.dim(3)];
  if (times === 1) return y.add(x);
  const sum = y
    .reshape(n, x.size(1), times, h, w)
    .add(x.reshape(n, x.size(1), 1, h, w))
    .reshape(n, y.size(1), h, w);
  return noteLayer(sum, [y, x], (_, [rows, few]) => addRepeated(rows!, few!));
};
