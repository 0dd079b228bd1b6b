// ControlNetModel (Zhang et al. 2023): a copy of the U-Net's way down that reads a picture and yields what is added to the skips.
import { buildNetwork } from '../onnx/build.ts';
import { conv2d } from '../onnx/conv-layers.ts';
import { product } from '../onnx/dims.ts';
import type { Graph } from '../onnx/graph.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { addBroadcast, silu } from '../onnx/ops/arithmetic.ts';
import { concat, rows } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { attention } from './blocks/attention.ts';
import { conditions } from './blocks/conditions.ts';
import { downPath, middle } from './blocks/unet-path.ts';
import type { ControlNetConfig, Level } from './unet-config.ts';

/**
 * The graph of a ControlNet.
 *
 * Inputs: those of the U-Net it was copied from (`sample`, `timestep`, `context`); `hint` [1 or n, c, h, w], what `controlHint` makes of
 * the control image; `scale`, a scalar; `scales` [k + 1], one for each residual (all 1, or `guessScales`).
 * Outputs: `residual.0` ... in push order, the middle's last: what the U-Net takes as `control.K`.
 */
export const controlNet = (config: ControlNetConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('controlnet', weights, g => describe(g, config));

/**
 * The convolutions through which a ControlNet reads its picture: a graph of its own, as they see neither time nor latents, and so run once
 * for all steps. Input: `image`, the control image, [1 or n, 3, f h, f w] in 0..1, f = 8 for Stable Diffusion. Output: `hint`
 * [1 or n, c, h, w].
 */
export const controlHint = (config: ControlNetConfig, weights: WeightSource): NetworkGraph =>
  buildNetwork('controlnet-hint', weights, g => {
    const factor = 2 ** (config.imageWidths.length - 1);
    const image = g.input('image', ['hints', config.imageChannels, product([factor, 'height']), product([factor, 'width'])]);
    g.output('hint', imageEmbedding(g, image, config));
  });

const describe = (g: Graph, config: ControlNetConfig): void => {
  const first = (config.levels[0] as Level).channels;
  const sample = g.input('sample', ['pictures', config.inChannels, 'height', 'width']);
  const { latents, time, text } = conditions(g, sample, config);
  const path = { config, time, after: attention(g, text, config) };
  const hint = g.input('hint', ['hints', first, 'height', 'width']);
  const scale = g.input('scale', []);

  const x = addBroadcast(conv2d(g, latents, 'conv_in', { out: first, reason: 'in_channels' }), hint);
  const skips = downPath(g, x, path);
  const bottom = middle(g, skips.at(-1) as Value, path);
  const residuals = skips.map((skip, k) => zeroConv(g, skip, `controlnet_down_blocks.${k}`));
  residuals.push(zeroConv(g, bottom, 'controlnet_mid_block'));

  const scales = g.input('scales', [residuals.length]).mul(scale);
  for (const [k, residual] of residuals.entries()) g.output(`residual.${k}`, rows(residual.mul(scales.slice(0, k, k + 1)), text.dim(0)));
};

/** A 1x1 convolution that began as zero when the ControlNet was trained. */
const zeroConv = (g: Graph, x: Value, name: string): Value => conv2d(g, x, name, { out: x.size(1), kernel: 1 });

/** The picture at the latent's size: [n, 3, f h, f w] -> [n, c, h, w]. */
const imageEmbedding = (g: Graph, image: Value, { imageWidths, blueFirst, levels }: ControlNetConfig): Value =>
  g.scope('controlnet_cond_embedding', () => {
    const channels = blueFirst ? concat(image.split(image.size(1), 1).reverse(), 1) : image;
    let x = silu(conv2d(g, channels, 'conv_in', { out: imageWidths[0] as number }));
    for (const [i, out] of imageWidths.slice(1).entries()) {
      x = silu(conv2d(g, x, `blocks.${2 * i}`, { out: x.size(1) }));
      x = silu(conv2d(g, x, `blocks.${2 * i + 1}`, { out, stride: 2 }));
    }
    return conv2d(g, x, 'conv_out', { out: (levels[0] as Level).channels });
  });

/** The `scales` of guess mode: 0.1 for the first skip, rising evenly in logarithm to 1 for the middle. */
export const guessScales = (residuals: number): Float32Array =>
  Float32Array.from({ length: residuals }, (_, k) => 10 ** (k / (residuals - 1) - 1));
