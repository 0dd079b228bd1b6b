// Every family of networks at toy size, and what to feed them.
import { join } from 'node:path';
import { embeddedModel } from '../../config/paths.ts';
import { autoencoderTinyConfig, autoencoderTinyDecoder, autoencoderTinyEncoder } from '../../models/networks/autoencoder-tiny.ts';
import { type Sizes, sizeOf } from '../../models/onnx/dims.ts';
import type { NetworkGraph, Port } from '../../models/onnx/network-graph.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
import { elements, type IntTensor, type Tensor, tensor } from '../../models/tensor.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tinySd, weightsOf, writeFolder } from '../support/tiny-sd.ts';
import { tinyXl, writeXlControl, writeXlFolder } from '../support/tiny-xl.ts';
import { noise, weightsOf as weightsIn } from './graphs.ts';

const folder = temporaryFolder();

/** Latents of odd proportions, two frames, the texts of a guidance pair. */
const SIZES: Sizes = { batch: 2, pictures: 2, height: 8, width: 4, frames: 2, tokens: 77, timesteps: 1, hints: 1 };
/** Sides that every autoencoder divides. */
const PICTURE: Sizes = { batch: 1, height: 32, width: 32 };
const SCALARS: Readonly<Record<string, number>> = { b1: 1.2, b2: 1.4, s1: 0.9, s2: 0.2, freeu_version: 2, timestep: 401, scale: 0.8 };

/** FreeU on, five tokens of other frames beside the frame's own, a number in the place of each residual of ControlNets. */
export const feedOf = ({ name, dtype, dims }: Port): Tensor | IntTensor => {
  const sizes = name === 'image' && dims[2] === 'height' ? PICTURE : SIZES;
  const shape = dims.map(dim => sizeOf(dim, sizes) ?? (name.startsWith('control.') ? 1 : 5));
  const count = elements(shape);
  if (name.startsWith('n_self.')) return { dims: shape, data: BigInt64Array.of(10_000n) };
  if (dtype === 'int64') return { dims: shape, data: BigInt64Array.from({ length: count }, (_, i) => BigInt((i * 37) % 1000)) };
  const scalar = SCALARS[name];
  return scalar === undefined ? noise(name, shape) : tensor(shape, new Float32Array(count).fill(scalar));
};

export const FAMILIES = [
  'U-Net',
  'U-Net, linear projections',
  'U-Net, SDXL-like',
  'U-Net of clips',
  'ControlNet',
  'ControlNet, what reads its picture',
  'ControlNet, SDXL-like',
  'autoencoder, encoder',
  'autoencoder, decoder',
  'tiny autoencoder, encoder',
  'tiny autoencoder, decoder',
  'deep compression autoencoder, encoder',
  'deep compression autoencoder, decoder',
  'text encoder',
  'text encoder, the first of SDXL',
  'text encoder, the second of SDXL',
] as const;

/** The graph of each, with random weights at toy size; the deep compression autoencoder is the embedded model's. */
export const familyGraphs = async (): Promise<Record<(typeof FAMILIES)[number], NetworkGraph>> => {
  const xl = tinyXl();
  const controls = [writeXlControl(join(folder, 'xl-control'), xl)];
  writeClipModel(join(folder, 'clip'));
  const sd = await openModelFolder(writeFolder(join(folder, 'sd'), tinySd(1)), {});
  const sd2 = await openModelFolder(writeFolder(join(folder, 'sd2'), tinySd(2)), {});
  const sdxl = await openModelFolder(writeXlFolder(join(folder, 'xl'), xl), { controls });
  const clip = await openModelFolder(join(folder, 'clip'), {});
  const embedded = await openModelFolder(embeddedModel, {});
  const tiny = autoencoderTinyConfig({ file: 'config.json', values: {} });
  const taesd = await weightsIn(weightsOf(w => [autoencoderTinyEncoder(tiny, w), autoencoderTinyDecoder(tiny, w)], 'taesd'));
  return {
    'U-Net': sd.unet.graph,
    'U-Net, linear projections': sd2.unet.graph,
    'U-Net, SDXL-like': sdxl.unet.graph,
    'U-Net of clips': clip.unet.graph,
    ControlNet: sd.controls[0]!.graph,
    'ControlNet, what reads its picture': sd.controls[0]!.hint,
    'ControlNet, SDXL-like': sdxl.controls[0]!.graph,
    'autoencoder, encoder': sd.autoencoder.encoder,
    'autoencoder, decoder': sd.autoencoder.decoder,
    'tiny autoencoder, encoder': autoencoderTinyEncoder(tiny, taesd),
    'tiny autoencoder, decoder': autoencoderTinyDecoder(tiny, taesd),
    'deep compression autoencoder, encoder': embedded.autoencoder.encoder,
    'deep compression autoencoder, decoder': embedded.autoencoder.decoder,
    'text encoder': sd.texts[0]!.graph,
    'text encoder, the first of SDXL': sdxl.texts[0]!.graph,
    'text encoder, the second of SDXL': sdxl.texts[1]!.graph,
  };
};
