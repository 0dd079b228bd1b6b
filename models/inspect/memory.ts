// How much memory drawing takes, estimated from a model's shapes.
import { heldBytes } from '../onnx/resting.ts';
import type { ModelFolder } from '../open/model-folder.ts';

const SIDE = 512; // pixels of the picture that the estimate is for
const NUMBER = 4; // bytes; every network computes in float32, whatever its files hold
const BASE = 300e6; // Node.js, onnxruntime and OpenCV before a model is open
const ACTIVATIONS = 10; // widest maps that are alive at once, with the convolutions' workspace: measured, see docs/models.md

/**
 * Bytes at the peak of drawing a picture of 512 x 512:
 * base + 4 (numbers of U-Net, autoencoder and text encoders) + 4 x 10 x 512^2 x channels of the autoencoder's widest map. Half-precision
 * matrices that rest (`REST_FROM`) count 2 bytes a number.
 */
export const drawingMemory = ({ unet, autoencoder, texts }: Pick<ModelFolder, 'unet' | 'autoencoder' | 'texts'>): number => {
  const held = [unet.graph, autoencoder.encoder, autoencoder.decoder, ...texts.map(({ graph }) => graph)].reduce(
    (sum, { weights }) => sum + heldBytes(weights),
    0,
  );
  return Math.round(BASE + held + NUMBER * ACTIVATIONS * SIDE * SIDE * autoencoder.outerChannels);
};
