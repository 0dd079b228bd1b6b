// Writes model folders of any size with random weights, so that full-size runs need no checkpoint.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedModel } from '../../config/paths.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { clipTextConfig } from '../../models/networks/clip-text.ts';
import { type Reading, textGraph } from '../../models/open/text-parts.ts';
import { clipTokenizerFiles } from '../../models/text/clip-tokenizer.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { type StoredType, writeWeights } from './random-weights.ts';

type Config = Readonly<Record<string, unknown>>;

/** Stable Diffusion's picture codec, SDXL's too. */
const VAE = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
};

/** Entries of the embedded model's tokenizer, which serves models that name no other. */
export const VOCABULARY = 2014;

/** A config.json as the networks read it. */
export const asConfig = (values: Config) => ({ file: 'config.json', values });

/** A text encoder, and the folder of its tokenizer. */
type RandomText = { readonly config: Config; readonly reading: Reading; readonly tokenizer: 'embedded' | 'clip, end' | 'clip, zero' };

export type RandomModel = {
  readonly unet: Config;
  /** Builds the U-Net of that config, to learn which weights it has. */
  readonly buildUNet: (weights: WeightSource) => unknown;
  /** One, or SDXL's two. */
  readonly texts: readonly RandomText[];
  /** What its autoencoder's config has beside Stable Diffusion's. */
  readonly vae?: Config;
  readonly schedule: Config;
  /** Default F32. */
  readonly dtype?: StoredType;
};

const writeTokenizer = (folder: string, kind: RandomText['tokenizer']): void => {
  if (kind === 'embedded') cpSync(join(embeddedModel, 'tokenizer'), folder, { recursive: true });
  else writeClipTokenizer(folder, kind === 'clip, end' ? '<|endoftext|>' : '!');
};

const writeClipTokenizer = (folder: string, padding: string): void => {
  const { vocabulary, merges } = clipTokenizerFiles('end');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify(Object.fromEntries(vocabulary)));
  writeFileSync(join(folder, 'merges.txt'), ['#version: 0.2', ...merges.keys()].join('\n'));
  writeFileSync(join(folder, 'special_tokens_map.json'), JSON.stringify({ pad_token: padding }));
};

/** Writes a diffusers folder. */
export const writeRandomModel = async (folder: string, model: RandomModel): Promise<void> => {
  const { unet, buildUNet, texts, schedule, dtype } = model;
  const vae = { ...VAE, ...model.vae };
  const codec = autoencoderKLConfig(asConfig(vae));
  const behind = (i: number): string => (i === 0 ? '' : `_${i + 1}`);
  const parts: [string, Config, (w: WeightSource) => unknown, string][] = [
    ['unet', unet, buildUNet, 'diffusion_pytorch_model'],
    ['vae', vae, w => [autoencoderKLEncoder(codec, w), autoencoderKLDecoder(codec, w)], 'diffusion_pytorch_model'],
    ...texts.map(({ config, reading }, i): (typeof parts)[number] => [
      `text_encoder${behind(i)}`,
      config,
      w => textGraph(clipTextConfig(asConfig(config)), w, reading),
      'model',
    ]),
  ];
  for (const [part, values, build, name] of parts) {
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, 'config.json'), JSON.stringify(values));
    await writeWeights(join(folder, part, `${name}.safetensors`), shapesOf(build), dtype);
  }
  for (const [i, { tokenizer }] of texts.entries()) writeTokenizer(join(folder, `tokenizer${behind(i)}`), tokenizer);
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(schedule));
};
