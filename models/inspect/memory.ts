// How much memory drawing takes on a CPU, estimated from a model's shapes.
import { fewestProducts } from '../onnx/convolution/form.ts';
import type { Sizes } from '../onnx/dims.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { heldBytes } from '../onnx/resting.ts';
import type { ModelFolder } from '../open/model-folder.ts';
import { takesTurns } from '../runtime/turns.ts';

const SIDE = 512; // pixels of the picture that the estimate is for
const NUMBER = 4; // bytes; every network computes in float32, whatever its files hold
const BASE = 300e6; // Node.js, onnxruntime and OpenCV before a model is open
const ACTIVATIONS = 10; // widest maps that are alive at once, with the convolutions' workspace: measured, see docs/models.md
const DENOISING = 950e6; // what a large U-Net computes with at this size: measured, too

/** Bytes that a network's session holds when it is open for a size. */
const held = (graph: NetworkGraph, sizes: Sizes): number => {
  const sized = graph.adapt?.({ sizes, convolution: fewestProducts }) ?? graph;
  return heldBytes(graph.weights, sized.derived);
};

/**
 * Bytes at the peak of drawing a picture of 512 x 512:
 * base + 4 (numbers of U-Net, autoencoder and text encoders) + 4 x 10 x 512^2 x channels of the autoencoder's widest map. Half-precision
 * matrices that rest (`REST_FROM`) count 2 bytes a number, weights that forms of convolutions have in place of the checkpoint's (`Derived`)
 * 4 each. Of a large model the U-Net with 0.95 GB to compute with, the autoencoder and the text encoders are never open together: the most
 * that one of them takes.
 */
export const drawingMemory = ({ unet, autoencoder, texts }: Pick<ModelFolder, 'unet' | 'autoencoder' | 'texts'>): number => {
  const latent = { height: SIDE / autoencoder.factor, width: SIDE / autoencoder.factor };
  const denoiser = held(unet.graph, { batch: 2, pictures: 1, ...latent });
  const codec =
    held(autoencoder.encoder, { batch: 1, height: SIDE, width: SIDE }) +
    held(autoencoder.decoder, { batch: 1, ...latent }) +
    NUMBER * ACTIVATIONS * SIDE * SIDE * autoencoder.outerChannels;
  const text = texts.reduce((sum, { graph }) => sum + heldBytes(graph.weights), 0);
  return Math.round(BASE + (takesTurns(unet.graph.weights) ? Math.max(denoiser + DENOISING, codec, text) : denoiser + codec + text));
};
