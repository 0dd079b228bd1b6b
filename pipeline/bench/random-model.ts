// Writes model folders of any size with random weights, so that full-size runs need no checkpoint.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedModel } from '../../config/paths.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { writeWeights } from './random-weights.ts';

type Config = Readonly<Record<string, unknown>>;

/** Stable Diffusion's picture codec. */
const VAE = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
};

/** Entries of the embedded model's tokenizer, which serves all these models. */
export const VOCABULARY = 2014;

/** A config.json as the networks read it. */
export const asConfig = (values: Config) => ({ file: 'config.json', values });

export type RandomModel = {
  readonly unet: Config;
  /** Builds the U-Net of that config, to learn which weights it has. */
  readonly buildUNet: (weights: WeightSource) => unknown;
  readonly text: Config;
  readonly schedule: Config;
};

/** Writes a diffusers folder of float32 weights. */
export const writeRandomModel = async (folder: string, { unet, buildUNet, text, schedule }: RandomModel): Promise<void> => {
  const vae = autoencoderKLConfig(asConfig(VAE));
  const parts: [string, Config, (w: WeightSource) => unknown, string][] = [
    ['unet', unet, buildUNet, 'diffusion_pytorch_model'],
    ['vae', VAE, w => [autoencoderKLEncoder(vae, w), autoencoderKLDecoder(vae, w)], 'diffusion_pytorch_model'],
    ['text_encoder', text, w => clipText(clipTextConfig(asConfig(text)), w), 'model'],
  ];
  for (const [part, values, build, name] of parts) {
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, 'config.json'), JSON.stringify(values));
    await writeWeights(join(folder, part, `${name}.safetensors`), shapesOf(build));
  }
  cpSync(join(embeddedModel, 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(schedule));
};
