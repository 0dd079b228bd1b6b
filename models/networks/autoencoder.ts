// Any picture codec behind one face: pictures in [-1, 1] to latents of the U-Net's scale, and back.

import type { NetworkGraph } from '../onnx/network-graph.ts';
import { elements, type Tensor, tensor } from '../tensor.ts';
import { autoencoderDCConfig, autoencoderDCDecoder, autoencoderDCEncoder } from './autoencoder-dc.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from './autoencoder-kl.ts';
import { autoencoderTinyConfig, autoencoderTinyDecoder, autoencoderTinyEncoder } from './autoencoder-tiny.ts';
import type { NetworkFolder } from './folder.ts';

export type Autoencoder = {
  readonly latentChannels: number;
  /** Pixels of a latent's side. */
  readonly factor: number;
  /** Channels of the widest map that has the picture's size. */
  readonly outerChannels: number;
  readonly encoder: NetworkGraph;
  readonly decoder: NetworkGraph;
  /** What to ask of the encoder, with and without noise. */
  readonly fetch: (noise: Tensor | undefined) => readonly string[];
  /** The U-Net's latent from the encoder's outputs; noise, of the latent's dims, draws it from the posterior. */
  readonly toLatent: (outputs: Readonly<Record<string, Tensor>>, noise: Tensor | undefined) => Tensor;
  /** The decoder's input from the U-Net's latent. */
  readonly fromLatent: (latent: Tensor) => Tensor;
};

type Scale = {
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  readonly statistics?: { readonly means: readonly number[]; readonly deviations: readonly number[] };
};

const map = ({ dims, data }: Tensor, f: (value: number, i: number) => number): Tensor => tensor(dims, data.map(f));

/** z = latent / scaling + shift; with statistics of the channels, their deviation times that, plus their mean. */
const fromLatent =
  ({ scalingFactor, shiftFactor, statistics }: Scale) =>
  (latent: Tensor): Tensor => {
    if (!statistics) return map(latent, z => z / scalingFactor + shiftFactor);
    const { means, deviations } = statistics;
    return map(latent, (z, i) => {
      const c = channelAt(latent, i);
      return (z * deviations[c]!) / scalingFactor + means[c]!;
    });
  };

/** The channel of the i-th number of [n, c, h, w]. */
const channelAt = ({ dims: [, channels = 1, ...sides] }: Tensor, i: number): number => Math.floor(i / elements(sides)) % channels;

const toScale = ({ scalingFactor, shiftFactor, statistics }: Scale, z: number, channel = 0): number =>
  statistics ? ((z - statistics.means[channel]!) * scalingFactor) / statistics.deviations[channel]! : (z - shiftFactor) * scalingFactor;

/** A codec whose encoder tells the latent itself, not a distribution. */
const direct = (scale: Scale): Pick<Autoencoder, 'fetch' | 'toLatent' | 'fromLatent'> => ({
  fetch: () => ['latent'],
  toLatent: ({ latent }) => map(latent!, z => toScale(scale, z)),
  fromLatent: fromLatent(scale),
});

/** Builds an autoencoder: AutoencoderKL, or AutoencoderTiny or AutoencoderDC where its config says so. */
export const makeAutoencoder = ({ config: raw, weights }: NetworkFolder): Autoencoder => {
  if (raw.values._class_name === 'AutoencoderTiny') {
    const config = autoencoderTinyConfig(raw);
    return {
      latentChannels: config.latentChannels,
      factor: 2 ** (config.encoderChannels.length - 1),
      outerChannels: Math.max(config.encoderChannels[0]!, config.decoderChannels.at(-1)!),
      encoder: autoencoderTinyEncoder(config, weights),
      decoder: autoencoderTinyDecoder(config, weights),
      ...direct(config),
    };
  }
  if (raw.values._class_name === 'AutoencoderDC') {
    const config = autoencoderDCConfig(raw);
    return {
      latentChannels: config.latentChannels,
      factor: 2 ** (config.encoder.channels.length - 1),
      outerChannels: Math.max(
        config.inChannels,
        ...[config.encoder, config.decoder].map(({ channels, layers }) => (layers[0] === 0 ? 0 : channels[0]!)),
      ),
      encoder: autoencoderDCEncoder(config, weights),
      decoder: autoencoderDCDecoder(config, weights),
      ...direct({ scalingFactor: config.scalingFactor, shiftFactor: 0 }),
    };
  }
  const config = autoencoderKLConfig(raw);
  return {
    latentChannels: config.latentChannels,
    factor: 2 ** (config.channels.length - 1),
    outerChannels: Math.max(config.channels[0]!, config.channels[1] ?? 0), // the decoder upsamples before it narrows
    encoder: autoencoderKLEncoder(config, weights),
    decoder: autoencoderKLDecoder(config, weights),
    fetch: noise => (noise ? ['mean', 'std'] : ['mean']),
    toLatent: ({ mean, std }, noise) =>
      map(mean!, (m, i) => toScale(config, noise ? m + std!.data[i]! * noise.data[i]! : m, config.statistics && channelAt(mean!, i))),
    fromLatent: fromLatent(config),
  };
};
