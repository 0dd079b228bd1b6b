// UNet3DConditionModel, the U-Net of ModelScope's text-to-video: that of Stable Diffusion 2 with layers over time behind each of its own.
import { type FreeU, type FreeUStages, filterSkip, freeuInputs, scaleBackbone, strengthAt } from '../freeu.ts';
import { buildNetwork } from '../onnx/build.ts';
import { type Dim, product } from '../onnx/dims.ts';
import type { Graph } from '../onnx/graph.ts';
import { conv2d, groupNorm } from '../onnx/layers.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { silu } from '../onnx/ops/arithmetic.ts';
import { concat, expand } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { type Conditions, conditions } from './blocks/down-path.ts';
import { downsample, resnetBlock, upsample } from './blocks/resnet.ts';
import { temporalConvolution, temporalTransformer } from './blocks/temporal.ts';
import { transformer } from './blocks/transformer.ts';
import type { Level } from './unet-config.ts';
import type { UNet3DConfig } from './unet3d-config.ts';

export type UNet3DOptions = {
  /** Which layers FreeU's two stages are; `'block'`, diffusers' rule, by default. `'off'` leaves its operators and inputs out of the graph. */
  readonly freeu?: FreeUStages | 'off';
};

/**
 * The graph of a U-Net of clips, for any number of frames.
 *
 * Inputs: `sample` [n, c, f, h, w]; `timestep` [1] or [n]; `context` [n, tokens, width]; `timestep_cond` [n, d] where the network is distilled;
 * `b1 b2 s1 s2 freeu_version` scalars. Output: `eps` [n, c, f, h, w].
 * FreeU works on every frame by itself, as in diffusers.
 *
 * Throws a WeightError that lists the weights that do not fit.
 */
export const unet3d = (config: UNet3DConfig, weights: WeightSource, options: UNet3DOptions = {}): NetworkGraph =>
  buildNetwork('unet3d', weights, g => describe(g, config, options));

const TRANSFORMER_IN_HEADS = 8; // of the same size as all others, whatever the width of the features

const describe = (g: Graph, config: UNet3DConfig, { freeu: stages = 'block' }: UNet3DOptions): void => {
  const { groups, epsilon, headSize } = config;
  const first = (config.levels[0] as Level).channels;
  const sample = g.input('sample', ['batch', config.inChannels, 'frames', 'height', 'width']);
  const [batch, , frames, height, width] = sample.dims as [Dim, Dim, Dim, Dim, Dim];
  const clip = { ...forFrames(conditions(g, sample, config), frames), frames };
  const freeu = stages === 'off' ? undefined : freeuInputs(g, stages);

  const pictures = sample.transpose(0, 2, 1, 3, 4).reshape(product([batch, frames]), config.inChannels, height, width); // [n f, c, h, w]
  const begun = conv2d(g, pictures, 'conv_in', { out: first, reason: 'in_channels' });
  const x = temporalTransformer(g, begun, frames, { heads: TRANSFORMER_IN_HEADS, headSize, groups }, 'transformer_in');
  const skips = downPath(g, x, clip, config);
  const bottom = middle(g, skips.at(-1) as Value, clip, config);
  const top = silu(groupNorm(g, upPath(g, bottom, skips, clip, config, freeu), 'conv_norm_out', { groups, epsilon }));
  const eps = conv2d(g, top, 'conv_out', { out: config.outChannels, reason: 'out_channels' }); // [n f, c, h, w]
  g.output('eps', eps.reshape(batch, frames, config.outChannels, height, width).transpose(0, 2, 1, 3, 4));
};

/** Time [n f, d], one a frame; text [n, tokens, width], one a clip. */
type Clip = Conditions & { readonly frames: Dim };

/** One time embedding a frame, as the residual blocks see frames as pictures. The text stays one a clip: see `transformer`. */
const forFrames = ({ time, text }: Conditions, frames: Dim): Conditions => {
  const [batch, width] = [time.dim(0), time.dim(1)];
  const repeated = expand(time.reshape(batch, 1, width), [batch, frames, width]);
  return { time: repeated.reshape(product([batch, frames]), width), text };
};

/** A residual block and its convolution over time, the J-th of its block of the network. */
const residual = (g: Graph, x: Value, { time, frames }: Clip, out: number, { groups, epsilon }: UNet3DConfig, j: number): Value =>
  temporalConvolution(g, resnetBlock(g, x, time, out, { groups, epsilon }, `resnets.${j}`), frames, groups, `temp_convs.${j}`);

/** A transformer over the pixels of each frame, then one over the frames of each pixel. */
const attend = (g: Graph, x: Value, { text, frames }: Clip, level: Level, { groups, headSize }: UNet3DConfig, j: number): Value => {
  const { heads, transformerLayers: layers } = level;
  const seen = transformer(g, x, text, { layers, heads, groups, linearProjection: true, oneByOne: true }, `attentions.${j}`);
  return temporalTransformer(g, seen, frames, { heads, headSize, groups }, `temp_attentions.${j}`);
};

/** From the first features on; all skips, the last one on top. */
const downPath = (g: Graph, x: Value, clip: Clip, config: UNet3DConfig): Value[] => {
  const skips = [x];
  config.levels.forEach((level, i) => {
    g.scope(`down_blocks.${i}`, () => {
      for (let j = 0; j < level.layers; j++) {
        x = residual(g, x, clip, level.channels, config, j);
        if (level.attention) x = attend(g, x, clip, level, config, j);
        skips.push(x);
      }
      if (i < config.levels.length - 1) skips.push((x = downsample(g, x, 'downsamplers.0')));
    });
  });
  return skips;
};

const middle = (g: Graph, x: Value, clip: Clip, config: UNet3DConfig): Value =>
  g.scope('mid_block', () => {
    const level = config.levels.at(-1) as Level;
    x = residual(g, x, clip, level.channels, config, 0);
    x = attend(g, x, clip, level, config, 0);
    return residual(g, x, clip, level.channels, config, 1);
  });

/** Back to the latent's size; each layer takes the skip that was pushed last. */
const upPath = (g: Graph, x: Value, skips: Value[], clip: Clip, config: UNet3DConfig, freeu: FreeU | undefined): Value => {
  const first = (config.levels[0] as Level).channels;
  [...config.levels].reverse().forEach((level, i) => {
    g.scope(`up_blocks.${i}`, () => {
      for (let j = 0; j <= level.layers; j++) {
        let skip = skips.pop() as Value;
        const strength = freeu && strengthAt(freeu, i, x.size(1), first);
        if (strength) skip = filterSkip(skip, strength.s);
        x = concat([...(strength ? scaleBackbone(x, strength) : [x]), skip], 1); // [n f, x + skip, h, w]
        x = residual(g, x, clip, level.channels, config, j);
        if (config.upAttention[i]) x = attend(g, x, clip, level, config, j);
      }
      if (skips.length > 0) x = upsample(g, x, 'upsamplers.0', skips.at(-1));
    });
  });
  return x;
};
