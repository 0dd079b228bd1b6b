// Holistically nested edge detection (Xie & Tu 2015) in the form of ControlNet's annotator file, ControlNetHED.pth.
import { buildNetwork } from '../onnx/build.ts';
import { conv2d } from '../onnx/conv-layers.ts';
import { type Dim, half } from '../onnx/dims.ts';
import type { Graph } from '../onnx/graph.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { relu, sigmoid } from '../onnx/ops/arithmetic.ts';
import { resizeLinear } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { WeightSource } from '../weights/weight-source.ts';

/** Channels of the five blocks and their convolutions, VGG's. */
export type HedConfig = readonly { readonly channels: number; readonly layers: number }[];

const VGG: HedConfig = [
  { channels: 64, layers: 2 },
  { channels: 128, layers: 2 },
  { channels: 256, layers: 3 },
  { channels: 512, layers: 3 },
  { channels: 512, layers: 3 },
];

/**
 * The graph of the edge detector.
 *
 * Input: `image` [n, 3, h, w], RGB in 0..255, sides of at least 16. Output: `edges` [n, 1, h, w] in 0..1: the sigmoid of the mean of every
 * block's own edge map, each brought to the picture's size.
 */
export const hed = (weights: WeightSource, blocks: HedConfig = VGG): NetworkGraph => buildNetwork('hed', weights, g => describe(g, blocks));

const maxPool = (x: Value): Value => {
  const dims: Dim[] = [x.dim(0), x.dim(1), half(x.dim(2), 'down'), half(x.dim(3), 'down')];
  return x.graph.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }, { dims });
};

const describe = (g: Graph, blocks: HedConfig): void => {
  const image = g.input('image', ['batch', 3, 'height', 'width']);
  let x = image.sub(g.param('norm', [1, 3, 1, 1]));
  let sum: Value | undefined;
  for (const [i, { channels, layers }] of blocks.entries()) {
    if (i > 0) x = maxPool(x);
    g.scope(`block${i + 1}`, () => {
      for (let j = 0; j < layers; j++) x = relu(conv2d(g, x, `convs.${j}`, { out: channels }));
      const side = resizeLinear(conv2d(g, x, 'projection', { out: 1, kernel: 1 }), 'height', 'width');
      sum = sum ? sum.add(side) : side;
    });
  }
  if (sum) g.output('edges', sigmoid(sum.div(blocks.length)));
};
