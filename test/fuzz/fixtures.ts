// Small sound files of every kind that the targets damage.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedModel } from '../../config/paths.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import type { Tensor } from '../../models/tensor.ts';
import { randomWeights } from '../support/clip-model.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { write } from './target.ts';

const raw = (values: Record<string, unknown>) => ({ file: 'config.json', values });

export const UNET = {
  _class_name: 'UNet2DConditionModel',
  block_out_channels: [8, 16],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  cross_attention_dim: 16,
  attention_head_dim: [2, 2],
  norm_num_groups: 4,
  transformer_layers_per_block: 1,
  in_channels: 4,
  out_channels: 4,
  use_linear_projection: true,
  act_fn: 'silu',
  norm_eps: 1e-5,
  time_cond_proj_dim: null,
};

export const VAE = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [8, 8],
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  norm_num_groups: 4,
  latent_channels: 4,
  layers_per_block: 1,
  scaling_factor: 0.18215,
};

export const TEXT = {
  model_type: 'clip_text_model',
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  hidden_act: 'gelu',
  vocab_size: 2014,
  max_position_embeddings: 77,
};

export const SCHEDULE = {
  _class_name: 'DPMSolverMultistepScheduler',
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  trained_betas: null,
  steps_offset: 1,
  prediction_type: 'epsilon',
  solver_order: 2,
  lambda_min_clipped: -5,
  timestep_spacing: 'leading',
  use_karras_sigmas: false,
  original_inference_steps: 50,
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
  disable_corrector: [],
};

type Weights = Readonly<Record<string, Tensor>>;

/** Random weights of an image model by part. */
export const pictureWeights = (): Readonly<Record<'unet' | 'vae' | 'text_encoder', Weights>> => {
  const vae = autoencoderKLConfig(raw(VAE));
  return {
    unet: randomWeights(w => unet2d(unetConfig(raw(UNET)), w)),
    vae: randomWeights(w => [autoencoderKLEncoder(vae, w), autoencoderKLDecoder(vae, w)]),
    text_encoder: randomWeights(w => clipText(clipTextConfig(raw(TEXT)), w)),
  };
};

/** Copies the embedded model's tokenizer of 2,014 entries. */
export const writeTokenizer = (folder: string): void => cpSync(join(embeddedModel, 'tokenizer'), folder, { recursive: true });

/** Writes a diffusers folder of an image model; the text encoder's weights lie in two files with an index. */
export const writePictureModel = (folder: string): void => {
  const { unet, vae, text_encoder } = pictureWeights();
  const parts = { unet: [UNET, unet], vae: [VAE, vae], text_encoder: [TEXT, {}] } as const;
  for (const [name, [config, weights]] of Object.entries(parts)) {
    write(join(folder, name, 'config.json'), JSON.stringify(config));
    if (name !== 'text_encoder') write(join(folder, name, 'diffusion_pytorch_model.safetensors'), safetensorsBytes(weights));
  }
  const names = Object.keys(text_encoder);
  const halves = [names.slice(0, 9), names.slice(9)];
  const map: Record<string, string> = {};
  for (const [i, half] of halves.entries()) {
    const file = `model-0000${i + 1}-of-00002.safetensors`;
    for (const name of half) map[name] = file;
    write(join(folder, 'text_encoder', file), safetensorsBytes(Object.fromEntries(half.map(name => [name, text_encoder[name]!]))));
  }
  write(join(folder, 'text_encoder', 'model.safetensors.index.json'), JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }));
  write(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(SCHEDULE));
  writeTokenizer(join(folder, 'tokenizer'));
};

/** The header of a safetensors file as JSON, and its data. */
export const split = (bytes: Buffer): { readonly header: Record<string, unknown>; readonly data: Buffer } => {
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.toString('utf8', 8, end)), data: bytes.subarray(end) };
};

/** A safetensors file of a header's bytes and data. */
export const joined = (header: Uint8Array, data: Uint8Array): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
};

/** A short mp4 or mov with sound, whose index comes first. */
export const writeClip = (file: string, ffmpeg: string): void => {
  mkdirSync(join(file, '..'), { recursive: true });
  const sources = ['-f', 'lavfi', '-i', 'testsrc=size=16x16:rate=10:duration=0.5', '-f', 'lavfi', '-i', 'sine=duration=0.5'];
  const codecs = ['-c:v', 'mpeg4', '-bf', '2', '-c:a', 'aac'];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...sources, ...codecs, '-movflags', '+faststart', file]);
};
