// The residual block and the two changes of size, as every network here has them.

import { conv2d, doubledConv2d, resizedConv2d } from '../../onnx/conv-layers.ts';
import { product } from '../../onnx/dims.ts';
import type { Graph } from '../../onnx/graph.ts';
import { linear } from '../../onnx/layers.ts';
import { groupNorm, type NormOptions } from '../../onnx/norm-layers.ts';
import { silu } from '../../onnx/ops/arithmetic.ts';
import type { Value } from '../../onnx/value.ts';

/**
 * ResnetBlock2D: x + conv2(silu(norm2(conv1(silu(norm1(x))) + time))).
 * `time` is silu(time embedding) [n, d]; autoencoders have none.
 */
export const resnetBlock = (g: Graph, x: Value, time: Value | undefined, out: number, norm: NormOptions, name: string): Value =>
  g.scope(name, () => {
    let h = conv2d(g, silu(groupNorm(g, x, 'norm1', norm)), 'conv1', { out }); // [n, out, h, w]
    if (time) h = h.add(linear(g, time, 'time_emb_proj', { out }).reshape(0, 0, 1, 1));
    h = conv2d(g, silu(groupNorm(g, h, 'norm2', norm)), 'conv2', { out });
    const straight = x.dim(1) === out ? x : conv2d(g, x, 'conv_shortcut', { out, kernel: 1 });
    return straight.add(h);
  });

/** Halves both sides, rounded up: [n, c, h, w] -> [n, c, h/2, w/2]. */
export const downsample = (g: Graph, x: Value, name: string): Value => conv2d(g, x, `${name}.conv`, { out: x.size(1), stride: 2 });

/** Doubles both sides; with `like`, brings them to the sides of another value, which matters for odd ones. */
export const upsample = (g: Graph, x: Value, name: string, like?: Value): Value => {
  const even = !like || (like.dim(2) === product([2, x.dim(2)]) && like.dim(3) === product([2, x.dim(3)]));
  const layer = { out: x.size(1) };
  if (even) return doubledConv2d(g, x, `${name}.conv`, layer); // [n, c, 2h, 2w]
  return resizedConv2d(g, x, [like.dim(2), like.dim(3)], `${name}.conv`, layer);
};
