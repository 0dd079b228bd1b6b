// How much memory drawing takes, estimated from a model's shapes.

import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { ModelFolder } from '../open/model-folder.ts';
import { elements } from '../tensor.ts';

const SIDE = 512; // pixels of the picture that the estimate is for
const NUMBER = 4; // bytes; every network computes in float32, whatever its files hold
const BASE = 300e6; // Node.js, onnxruntime and OpenCV before a model is open
const ACTIVATIONS = 10; // widest maps that are alive at once, with the convolutions' workspace: measured, see docs/models.md

const numbers = ({ weights }: NetworkGraph): number => weights.reduce((sum, { dims }) => sum + elements(dims), 0);

/**
 * Bytes at the peak of drawing a picture of 512 x 512:
 * base + 4 (numbers of U-Net, autoencoder and text encoders) + 4 x 10 x 512^2 x channels of the autoencoder's widest map.
 */
export const drawingMemory = ({ unet, autoencoder, texts }: Pick<ModelFolder, 'unet' | 'autoencoder' | 'texts'>): number => {
  const held = [unet.graph, autoencoder.encoder, autoencoder.decoder, ...texts.map(({ graph }) => graph)].reduce(
    (sum, graph) => sum + numbers(graph),
    0,
  );
  return Math.round(BASE + NUMBER * held + NUMBER * ACTIVATIONS * SIDE * SIDE * autoencoder.outerChannels);
};
