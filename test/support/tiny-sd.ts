// Stable Diffusion 1 and 2 at toy size, with random weights: the family's own rules (groups, heads, vocabulary), the users' own layouts.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { controlHint, controlNet } from '../../models/networks/controlnet.ts';
import { controlNetConfig, unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { elements, type Tensor } from '../../models/tensor.ts';
import { clipTokenizerFiles } from '../../models/text/clip-tokenizer.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { noise } from './noise.ts';
import { safetensorsBytes } from './safetensors.ts';

export type Tensors = Readonly<Record<string, Tensor>>;
export type Values = Readonly<Record<string, unknown>>;
type Family = 1 | 2;

const WIDTH = 64;

const unetValues = (family: Family): Values => ({
  block_out_channels: [32, 64],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  layers_per_block: 1,
  cross_attention_dim: WIDTH,
  attention_head_dim: family === 1 ? 8 : [1, 1],
  ...(family === 2 && { use_linear_projection: true }),
});
export const VAE = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [32, 64],
  layers_per_block: 1,
  down_block_types: Array(2).fill('DownEncoderBlock2D'),
  up_block_types: Array(2).fill('UpDecoderBlock2D'),
};
const textValues = (family: Family): Values => ({
  model_type: 'clip_text_model',
  hidden_size: WIDTH,
  intermediate_size: 96,
  num_attention_heads: 1,
  num_hidden_layers: 2,
  vocab_size: 49_408,
  hidden_act: family === 1 ? 'quick_gelu' : 'gelu',
});
export const SCHEDULE = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

/** Numbers between -1.7 and 1.7 (variance 1); millions of them in no time. */
const random = (seed: string, length: number): Float32Array => {
  let x = [...seed].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 0;
  return Float32Array.from({ length }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x / 2 ** 31 - 1) * Math.sqrt(3);
  });
};

/** Random weights for everything that networks ask of their checkpoint; by fan-in, so that activations stay moderate. */
export const weightsOf = (build: (weights: WeightSource) => unknown, seed: string): Tensors =>
  Object.fromEntries(
    [...shapesOf(build)].map(([name, dims]) => {
      const scale = dims.length === 1 ? 0.1 : (elements(dims) / dims[0]!) ** -0.5;
      const shift = /norm\d?\.weight$/.test(name) ? 1 : 0;
      return [name, { dims, data: random(seed + name, elements(dims)).map(v => v * scale + shift) }];
    }),
  );

const config = (values: Values) => ({ file: 'config.json', values });

export type TinySd = {
  readonly family: Family;
  readonly unet: Tensors;
  readonly vae: Tensors;
  readonly text: Tensors;
  readonly control: Tensors;
  /** Configs by part. */
  readonly values: Readonly<Record<string, Values>>;
};

export const tinySd = (family: Family): TinySd => {
  const values = {
    unet: { _class_name: 'UNet2DConditionModel', ...unetValues(family), up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'] },
    vae: VAE,
    text_encoder: textValues(family),
    controlnet: { _class_name: 'ControlNetModel', ...unetValues(family), conditioning_embedding_out_channels: [16, 32] },
  };
  const kl = autoencoderKLConfig(config(VAE));
  const controlled = controlNetConfig(config(values.controlnet));
  return {
    family,
    values,
    unet: weightsOf(w => unet2d(unetConfig(config(values.unet)), w), 'unet'),
    vae: weightsOf(w => [autoencoderKLEncoder(kl, w), autoencoderKLDecoder(kl, w)], 'vae'),
    text: weightsOf(w => clipText(clipTextConfig(config(values.text_encoder)), w), 'text'),
    control: weightsOf(w => [controlNet(controlled, w), controlHint(controlled, w)], 'control'),
  };
};

/** Writes a diffusers folder. `write` may store the weights of a part in another form; by default safetensors. */
export const writeFolder = (
  folder: string,
  sd: TinySd,
  write: (file: string, tensors: Tensors) => void = (file, tensors) => writeFileSync(`${file}.safetensors`, safetensorsBytes(tensors)),
): string => {
  const parts = { unet: sd.unet, vae: sd.vae, text_encoder: sd.text, controlnet: sd.control };
  for (const [part, tensors] of Object.entries(parts)) {
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, 'config.json'), JSON.stringify(sd.values[part]));
    write(join(folder, part, part === 'text_encoder' ? 'model' : 'diffusion_pytorch_model'), tensors);
  }
  for (const part of ['tokenizer', 'scheduler']) mkdirSync(join(folder, part), { recursive: true });
  const { vocabulary, merges } = clipTokenizerFiles('end');
  writeFileSync(join(folder, 'tokenizer', 'vocab.json'), JSON.stringify(Object.fromEntries(vocabulary)));
  if (sd.family === 2) writeFileSync(join(folder, 'tokenizer', 'special_tokens_map.json'), JSON.stringify({ pad_token: '!' }));
  writeFileSync(join(folder, 'tokenizer', 'merges.txt'), ['#version: 0.2', ...merges.keys()].join('\n'));
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(SCHEDULE));
  return folder;
};

export const map = (tensors: Tensors, rename: (name: string) => string, prefix = ''): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + rename(name), tensor]));

const replaced = (name: string, pairs: readonly (readonly [string | RegExp, string])[]): string =>
  pairs.reduce((now, [from, to]) => now.replace(from, to), name);

// diffusers -> LDM for one residual block a level and two levels, written out by hand from the first code's lists of modules.
const UNET_PAIRS = [
  [/^time_embedding\.linear_(\d)/, 'time_embed.$1'],
  ['time_embed.1', 'time_embed.0'],
  [/^conv_in/, 'input_blocks.0.0'],
  ['down_blocks.0.resnets.0', 'input_blocks.1.0'],
  ['down_blocks.0.attentions.0', 'input_blocks.1.1'],
  ['down_blocks.0.downsamplers.0.conv', 'input_blocks.2.0.op'],
  ['down_blocks.1.resnets.0', 'input_blocks.3.0'],
  ['mid_block.resnets.0', 'middle_block.0'],
  ['mid_block.attentions.0', 'middle_block.1'],
  ['mid_block.resnets.1', 'middle_block.2'],
  [/^up_blocks\.0\.resnets\.(\d)/, 'output_blocks.$1.0'],
  ['up_blocks.0.upsamplers.0.conv', 'output_blocks.1.1.conv'],
  ['up_blocks.1.resnets.0', 'output_blocks.2.0'],
  ['up_blocks.1.resnets.1', 'output_blocks.3.0'],
  ['up_blocks.1.attentions.0', 'output_blocks.2.1'],
  ['up_blocks.1.attentions.1', 'output_blocks.3.1'],
  ['conv_norm_out', 'out.0'],
  [/^conv_out/, 'out.2'],
  [/(blocks?\.[\d.]+)norm1\./, '$1in_layers.0.'],
  ['.conv1.', '.in_layers.2.'],
  ['.time_emb_proj.', '.emb_layers.1.'],
  [/(blocks?\.[\d.]+)norm2\./, '$1out_layers.0.'],
  ['.conv2.', '.out_layers.3.'],
  ['.conv_shortcut.', '.skip_connection.'],
] as const;
// Inside transformers norm1 and norm2 keep their names.
const unetName = (name: string): string =>
  name.includes('.attentions.') ? replaced(name, UNET_PAIRS.slice(0, 18)) : replaced(name, UNET_PAIRS);

const CONTROL_PAIRS = [
  [/^controlnet_down_blocks\.(\d+)/, 'zero_convs.$1.0'],
  ['controlnet_mid_block', 'middle_block_out.0'],
  ['controlnet_cond_embedding.conv_in', 'input_hint_block.0'],
  ['controlnet_cond_embedding.blocks.0', 'input_hint_block.2'],
  ['controlnet_cond_embedding.blocks.1', 'input_hint_block.4'],
  ['controlnet_cond_embedding.conv_out', 'input_hint_block.6'],
] as const;

const VAE_PAIRS = [
  ['conv_norm_out', 'norm_out'],
  ['conv_shortcut', 'nin_shortcut'],
  [/down_blocks\.(\d)\.resnets/, 'down.$1.block'],
  [/down_blocks\.(\d)\.downsamplers\.0/, 'down.$1.downsample'],
  ['up_blocks.0.resnets', 'up.1.block'],
  ['up_blocks.1.resnets', 'up.0.block'],
  ['up_blocks.0.upsamplers.0', 'up.1.upsample'],
  ['mid_block.resnets.0', 'mid.block_1'],
  ['mid_block.resnets.1', 'mid.block_2'],
  ['mid_block.attentions.0.group_norm', 'mid.attn_1.norm'],
  ['mid_block.attentions.0.to_out.0', 'mid.attn_1.proj_out'],
  [/mid_block\.attentions\.0\.to_([qkv])/, 'mid.attn_1.$1'],
] as const;

/** The autoencoder under its first names; its attention's matrices are 1x1 convolutions there. */
export const ldmVae = ({ vae }: Pick<TinySd, 'vae'>): Tensors =>
  Object.fromEntries(
    Object.entries(map(vae, name => replaced(name, VAE_PAIRS))).map(([name, { dims, data }]) => [
      name,
      { dims: name.includes('attn_1') && dims.length === 2 ? [...dims, 1, 1] : dims, data },
    ]),
  );

const OPEN_CLIP_PAIRS = [
  ['text_model.embeddings.position_embedding.weight', 'positional_embedding'],
  ['text_model.embeddings.', ''],
  ['text_model.final_layer_norm', 'ln_final'],
  ['text_model.encoder.layers', 'transformer.resblocks'],
  ['layer_norm', 'ln_'],
  ['mlp.fc1', 'mlp.c_fc'],
  ['mlp.fc2', 'mlp.c_proj'],
  ['self_attn.', 'attn.'],
] as const;

/** OpenCLIP's layout: query, key and value in one tensor. */
export const openClip = (text: Tensors): Record<string, Tensor> => {
  const out: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(map(text, n => replaced(n, OPEN_CLIP_PAIRS)))) {
    const [, head, part, leaf] = /^(.*\.attn\.)([qkv])_proj\.(weight|bias)$/.exec(name) ?? [];
    if (part === 'q') {
      const three = ['q', 'k', 'v'].map(
        p =>
          text[
            replaced(`${head}`, [
              ['transformer.resblocks', 'text_model.encoder.layers'],
              ['attn.', `self_attn.${p}_proj.`],
            ]) + leaf
          ]!,
      );
      const [rows = 0, ...rest] = three[0]!.dims;
      out[`${head}in_proj_${leaf}`] = { dims: [3 * rows, ...rest], data: Float32Array.from(three.flatMap(t => [...t.data])) };
    } else if (!part) out[name] = tensor;
  }
  return out;
};

/** Stable Diffusion 2's: with one layer more, which it does not read. */
const openClipDeep = (text: Tensors): Record<string, Tensor> => {
  const out = openClip(text);
  const last = Object.entries(out).filter(([name]) => name.includes('resblocks.1.'));
  for (const [name, tensor] of last) out[name.replace('resblocks.1.', 'resblocks.2.')] = tensor;
  return { ...out, text_projection: noise('p', [WIDTH, WIDTH]), logit_scale: noise('l', []) };
};

/** Everything in one file's names. */
export const ldmState = (sd: TinySd): Tensors => ({
  ...map(sd.unet, unetName, 'model.diffusion_model.'),
  ...map(ldmVae(sd), name => name, 'first_stage_model.'),
  ...(sd.family === 1
    ? map(sd.text, name => name, 'cond_stage_model.transformer.')
    : map(openClipDeep(sd.text), name => name, 'cond_stage_model.model.')),
  'model_ema.decay': noise('decay', []),
});

/** The U-Net's averages alone, whose names have lost their dots; the rest as ever. */
export const emaState = (sd: TinySd): Tensors =>
  Object.fromEntries(
    Object.entries(ldmState(sd)).map(([name, tensor]) => {
      const unet = name.startsWith('model.diffusion_model.');
      return [unet ? `model_ema.${name.slice('model.'.length).replaceAll('.', '')}` : name, tensor];
    }),
  );

export const ldmControl = ({ control }: TinySd): Tensors =>
  map(control, name => (name.startsWith('controlnet') ? replaced(name, CONTROL_PAIRS) : unetName(name)), 'control_model.');
