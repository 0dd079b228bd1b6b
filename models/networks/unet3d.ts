// UNet3DConditionModel, the U-Net of ModelScope's text-to-video: that of Stable Diffusion 2 with layers over time behind each of its own.

import { buildNetwork } from '../onnx/build.ts';
import { conv2d } from '../onnx/conv-layers.ts';
import { type Dim, product } from '../onnx/dims.ts';
import type { Graph } from '../onnx/graph.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { groupNorm } from '../onnx/norm-layers.ts';
import { silu } from '../onnx/ops/arithmetic.ts';
import { expand } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { conditions } from './blocks/conditions.ts';
import { type FreeUForms, type FreeUStages, freeuInputs } from './blocks/freeu.ts';
import { skipJoin } from './blocks/join-skip.ts';
import { temporalConvolution, temporalTransformer } from './blocks/temporal.ts';
import { transformer } from './blocks/transformer.ts';
import { type AfterResnet, downPath, middle, upPath } from './blocks/unet-path.ts';
import type { Level } from './unet-config.ts';
import type { UNet3DConfig } from './unet3d-config.ts';

export type UNet3DOptions = {
  /** Which layers FreeU's two stages are, default `'blocks'`, diffusers' rule. `'off'` leaves its operators and inputs out of the graph. */
  readonly freeu?: FreeUStages | 'off';
  /** What FreeU's stages have beside their factors, and whether there is a third; nothing by default. */
  readonly freeuForms?: FreeUForms;
};

/**
 * The graph of the U-Net of a video model, for any number of frames.
 *
 * Inputs: `sample` [n, c, f, h, w]; `timestep` [1] or [n]; `context` [n, tokens, width]; `timestep_cond` [n, d] where the network is
 * distilled; `b1 b2 s1 s2 freeu_version` scalars. Output: `eps` [n, c, f, h, w].
 * FreeU works on every frame by itself, as in diffusers.
 *
 * Throws a WeightError that lists the weights that do not fit.
 */
export const unet3d = (config: UNet3DConfig, weights: WeightSource, options: UNet3DOptions = {}): NetworkGraph =>
  buildNetwork('unet3d', weights, g => describe(g, config, options));

const TRANSFORMER_IN_HEADS = 8; // of the same size as all others, whatever the width of the features

const describe = (g: Graph, config: UNet3DConfig, { freeu: stages = 'blocks', freeuForms }: UNet3DOptions): void => {
  const { groups, epsilon, headSize } = config;
  const firstChannels = (config.levels[0] as Level).channels;
  const sample = g.input('sample', ['batch', config.inChannels, 'frames', 'height', 'width']);
  const [batch, , frames, height, width] = sample.dims as [Dim, Dim, Dim, Dim, Dim];
  const { time, text } = conditions(g, sample, config);
  const path = { config, time: onePerFrame(time, frames), after: spaceAndTime(g, text, frames, config) };
  const freeu = stages === 'off' ? undefined : freeuInputs(g, stages, freeuForms);

  const pictures = sample.transpose(0, 2, 1, 3, 4).reshape(product([batch, frames]), config.inChannels, height, width); // [n f, c, h, w]
  const first = conv2d(g, pictures, 'conv_in', { out: firstChannels, reason: 'in_channels' });
  const x = temporalTransformer(g, first, frames, { heads: TRANSFORMER_IN_HEADS, headSize, groups }, 'transformer_in');
  const skips = downPath(g, x, path);
  const bottom = middle(g, skips.at(-1) as Value, path);
  const top = upPath(g, bottom, skips, { ...path, join: skipJoin(g, { firstChannels, freeu }) });
  const out = silu(groupNorm(g, top, 'conv_norm_out', { groups, epsilon }));
  const eps = conv2d(g, out, 'conv_out', { out: config.outChannels, reason: 'out_channels' }); // [n f, c, h, w]
  g.output('eps', eps.reshape(batch, frames, config.outChannels, height, width).transpose(0, 2, 1, 3, 4));
};

/** A clip's time embedding for each of its frames, which residual blocks take as pictures: [n, d] -> [n f, d]. */
const onePerFrame = (time: Value, frames: Dim): Value => {
  const [batch, width] = [time.dim(0), time.dim(1)];
  const repeated = expand(time.reshape(batch, 1, width), [batch, frames, width]);
  return repeated.reshape(product([batch, frames]), width);
};

/**
 * After every residual block a convolution over time; where the level attends, a transformer over the pixels of each frame and one over the
 * frames of each pixel. The text [n, tokens, width] is one a clip: see `transformer`.
 */
const spaceAndTime =
  (g: Graph, text: Value, frames: Dim, { groups, headSize }: UNet3DConfig): AfterResnet =>
  (x, { layer, level: { heads, transformerLayers: layers }, attends }) => {
    const h = temporalConvolution(g, x, frames, groups, `temp_convs.${layer}`);
    if (!attends) return h;
    const options = { layers, heads, groups, linearProjection: true, oneByOne: true };
    return temporalTransformer(
      g,
      transformer(g, h, text, options, `attentions.${layer}`),
      frames,
      { heads, headSize, groups },
      `temp_attentions.${layer}`,
    );
  };
