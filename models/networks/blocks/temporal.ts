// Layers over time, between those of a U-Net of pictures: features [batch * frames, c, h, w], each clip's frames in a row.
import { type Dim, quotient } from '../../onnx/dims.ts';
import type { Graph } from '../../onnx/graph.ts';
import { linear } from '../../onnx/layers.ts';
import { groupNorm } from '../../onnx/norm-layers.ts';
import { silu } from '../../onnx/ops/arithmetic.ts';
import { conv } from '../../onnx/ops/contract.ts';
import type { Value } from '../../onnx/value.ts';
import { selfAttentionBlock, TRANSFORMER_EPSILON } from './transformer.ts';

const EPSILON = 1e-5; // of the convolutions' norms: PyTorch's default, whatever norm_eps says

/** [n f, c, h, w] -> [n, c, f, h w]: a picture whose rows are frames, so that norms see the whole clip. */
const toClip = (x: Value, frames: Dim): Value => {
  const batch = quotient(x.dim(0), frames);
  if (batch === undefined) throw x.graph.error(`${x.dim(0)} pictures are no clips of ${frames} frames`);
  return x.reshape(batch, frames, x.dim(1), -1).transpose(0, 2, 1, 3);
};

/** The way back from {@link toClip}. */
const toPictures = (x: Value, like: Value): Value => x.transpose(0, 2, 1, 3).reshape(...like.dims);

/** 3x1x1 over (frames, height, width), which is 3x1 over rows that are frames; the weights lie as [c, c, 3, 1, 1]. */
const convolveFrames = (g: Graph, x: Value, name: string): Value =>
  g.scope(name, () => {
    const c = x.size(1);
    return conv(x, g.param('weight', [c, c, 3, 1, 1], undefined, [c, c, 3, 1]), g.param('bias', [c])); // [n, c, f, h w]
  });

// Each step is norm, SiLU, (dropout,) convolution: the last one's place in the checkpoint's names.
const STEPS = ['conv1.2', 'conv2.3', 'conv3.3', 'conv4.3'] as const;

/** TemporalConvLayer: x plus four convolutions over time, x [n f, c, h, w]. */
export const temporalConvolution = (g: Graph, x: Value, frames: Dim, groups: number, name: string): Value =>
  g.scope(name, () => {
    const clip = toClip(x, frames);
    const change = STEPS.reduce((h, step) => {
      const [stage = ''] = step.split('.');
      return convolveFrames(g, silu(groupNorm(g, h, `${stage}.0`, { groups, epsilon: EPSILON })), step);
    }, clip);
    return x.add(toPictures(change, x));
  });

export type TemporalTransformerOptions = { readonly heads: number; readonly headSize: number; readonly groups: number };

/** TransformerTemporalModel: every pixel's frames attend to each other, without places; x [n f, c, h, w]. */
export const temporalTransformer = (
  g: Graph,
  x: Value,
  frames: Dim,
  { heads, headSize, groups }: TemporalTransformerOptions,
  name: string,
): Value =>
  g.scope(name, () => {
    const [channels, inner] = [x.size(1), heads * headSize];
    const clip = groupNorm(g, toClip(x, frames), 'norm', { groups, epsilon: TRANSFORMER_EPSILON }); // [n, c, f, h w]
    const pixels = clip.transpose(0, 3, 2, 1); // [n, h w, f, c]
    let h = linear(g, pixels, 'proj_in', { out: inner }).reshape(-1, frames, inner); // [n h w, f, inner]
    h = selfAttentionBlock(g, h, heads, 'transformer_blocks.0');
    const out = linear(g, h, 'proj_out', { out: channels }).reshape(...pixels.dims); // [n, h w, f, c]
    return x.add(out.transpose(0, 2, 3, 1).reshape(...x.dims)); // [n f, c, h, w]
  });
