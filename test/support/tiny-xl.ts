// SDXL at toy size, with random weights: the family's own rules, and the layouts in which users have it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { clipTextConfig } from '../../models/networks/clip-text.ts';
import { controlHint, controlNet } from '../../models/networks/controlnet.ts';
import { controlNetConfig, unetConfig, withPooledWidth } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { textGraph } from '../../models/open/text-parts.ts';
import type { Tensor } from '../../models/tensor.ts';
import { clipTokenizerFiles } from '../../models/text/clip-tokenizer.ts';
import { loraTensors } from './adapters.ts';
import { safetensorsBytes } from './safetensors.ts';
import { ldmVae, map, openClip, SCHEDULE, type Tensors, VAE, type Values, weightsOf } from './tiny-sd.ts';

export const XL = { first: 64, second: 128, pooled: 96 } as const;

const DOWN = {
  block_out_channels: [32, 64, 128],
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  layers_per_block: 1,
  transformer_layers_per_block: [1, 1, 2],
  cross_attention_dim: XL.first + XL.second,
  attention_head_dim: [1, 1, 2],
  use_linear_projection: true,
  addition_embed_type: 'text_time',
  addition_time_embed_dim: 256,
  projection_class_embeddings_input_dim: 6 * 256 + XL.pooled,
};

const text = (width: number, heads: number, act: string): Values => ({
  model_type: 'clip_text_model',
  hidden_size: width,
  intermediate_size: 96,
  num_attention_heads: heads,
  num_hidden_layers: 3,
  vocab_size: 49_408,
  hidden_act: act,
});

/** The config of its U-Net. */
export const XL_UNET: Values = {
  _class_name: 'UNet2DConditionModel',
  ...DOWN,
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
};

const VALUES = {
  unet: XL_UNET,
  vae: { ...VAE, scaling_factor: 0.13025 },
  text_encoder: text(XL.first, 1, 'quick_gelu'),
  text_encoder_2: { ...text(XL.second, 2, 'gelu'), eos_token_id: 2, projection_dim: XL.pooled },
  controlnet: { _class_name: 'ControlNetModel', ...DOWN, conditioning_embedding_out_channels: [16, 32] },
} as const satisfies Readonly<Record<string, Values>>;

const config = (values: Values) => ({ file: 'config.json', values });

/** Weights by the folder of each part. */
export const tinyXl = (): Readonly<Record<keyof typeof VALUES, Tensors>> => {
  const kl = autoencoderKLConfig(config(VALUES.vae));
  const controlled = controlNetConfig(config(VALUES.controlnet));
  const second = clipTextConfig(config(VALUES.text_encoder_2));
  return {
    unet: weightsOf(w => unet2d(unetConfig(config(VALUES.unet)), w), 'unet'),
    vae: weightsOf(w => [autoencoderKLEncoder(kl, w), autoencoderKLDecoder(kl, w)], 'vae'),
    text_encoder: weightsOf(w => textGraph(clipTextConfig(config(VALUES.text_encoder)), w, 'last'), 'text'),
    text_encoder_2: weightsOf(w => textGraph(second, w, 'penultimate and pooled'), 'text 2'),
    controlnet: weightsOf(w => [controlNet(controlled, w), controlHint(controlled, w)], 'control'),
  };
};

const writePart = (folder: string, part: keyof typeof VALUES, tensors: Tensors, values: Values = VALUES[part]): string => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(values));
  const name = part.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
  writeFileSync(join(folder, `${name}.safetensors`), safetensorsBytes(tensors));
  return folder;
};

/** A ControlNet's own folder. */
export const writeXlControl = (folder: string, xl: ReturnType<typeof tinyXl>): string => writePart(folder, 'controlnet', xl.controlnet);

/** The pruned ControlNets' configs: `mid` has transformers in the middle alone, `small` none; their norms and projections remain. */
const PRUNED = {
  mid: { transformer_layers_per_block: [0, 0, 1] },
  small: { transformer_layers_per_block: [0, 0, 0], down_block_types: Array(3).fill('DownBlock2D') },
} as const satisfies Readonly<Record<string, Values>>;

/** The folder of a pruned ControlNet. */
export const writePrunedControl = (folder: string, size: keyof typeof PRUNED): string => {
  const values = { ...VALUES.controlnet, ...PRUNED[size] };
  const pruned = controlNetConfig(config(values));
  return writePart(
    folder,
    'controlnet',
    weightsOf(w => [controlNet(withPooledWidth(pruned, XL.pooled), w), controlHint(pruned, w)], size),
    values,
  );
};

/** A diffusers folder without ControlNet, as `StableDiffusionXLPipeline` writes it. */
export const writeXlFolder = (folder: string, xl: ReturnType<typeof tinyXl>): string => {
  for (const part of ['unet', 'vae', 'text_encoder', 'text_encoder_2'] as const) writePart(join(folder, part), part, xl[part]);
  const { vocabulary, merges } = clipTokenizerFiles('end');
  for (const [name, pad] of Object.entries({ tokenizer: '<|endoftext|>', tokenizer_2: '!' })) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'vocab.json'), JSON.stringify(Object.fromEntries(vocabulary)));
    writeFileSync(join(folder, name, 'merges.txt'), ['#version: 0.2', ...merges.keys()].join('\n'));
    writeFileSync(join(folder, name, 'special_tokens_map.json'), JSON.stringify({ pad_token: pad }));
  }
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  const scheduler = { ...SCHEDULE, _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading', prediction_type: 'epsilon' };
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(scheduler));
  const index = { _class_name: 'StableDiffusionXLPipeline', force_zeros_for_empty_prompt: true };
  writeFileSync(join(folder, 'model_index.json'), JSON.stringify(index));
  return folder;
};

/** A refiner's folder: the second text encoder alone, and a score in place of the target size. */
export const writeXlRefiner = (folder: string, xl: ReturnType<typeof tinyXl>): string => {
  writeXlFolder(folder, xl);
  for (const part of ['text_encoder', 'tokenizer']) rmSync(join(folder, part), { recursive: true });
  const width = 5 * DOWN.addition_time_embed_dim + XL.pooled;
  const values = { ...VALUES.unet, cross_attention_dim: XL.second, projection_class_embeddings_input_dim: width };
  const unet = weightsOf(w => unet2d(withPooledWidth(unetConfig(config(values)), XL.pooled), w), 'refiner');
  writeFileSync(join(folder, 'unet', 'config.json'), JSON.stringify(values));
  writeFileSync(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'), safetensorsBytes(unet));
  return folder;
};

const RESNET = { norm1: 'in_layers.0', conv1: 'in_layers.2', time_emb_proj: 'emb_layers.1', norm2: 'out_layers.0', conv2: 'out_layers.3' };
const OUTER: readonly (readonly [string, string])[] = [
  ['time_embedding.linear_1', 'time_embed.0'],
  ['time_embedding.linear_2', 'time_embed.2'],
  ['add_embedding.linear_1', 'label_emb.0.0'],
  ['add_embedding.linear_2', 'label_emb.0.2'],
  ['conv_in', 'input_blocks.0.0'],
  ['conv_norm_out', 'out.0'],
  ['conv_out', 'out.2'],
  ['mid_block.resnets.0', 'middle_block.0'],
  ['mid_block.attentions.0', 'middle_block.1'],
  ['mid_block.resnets.1', 'middle_block.2'],
];

/** diffusers -> LDM with one residual block a level: a level is two input blocks, a block and a downsampler, and two output blocks. */
const ldmName = (name: string): string => {
  const inner = (path: string): string => {
    const [, leaf = '', rest] = /^(\w+)(\..*)$/.exec(path) ?? [];
    return (RESNET[leaf as keyof typeof RESNET] ?? leaf.replace('conv_shortcut', 'skip_connection')) + rest;
  };
  for (const [from, to] of OUTER) {
    if (!name.startsWith(`${from}.`)) continue;
    const rest = name.slice(from.length + 1);
    return `${to}.${from.includes('resnets') ? inner(rest) : rest}`;
  }
  const [, way, block = '', kind, layer = '', rest = ''] = /^(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)$/.exec(name) ?? [];
  const [b, j] = [Number(block), Number(layer)];
  if (kind === 'downsamplers') return `input_blocks.${2 * b + 2}.0.op.${rest.slice('conv.'.length)}`;
  if (kind === 'upsamplers') return `output_blocks.${2 * b + 1}.2.${rest}`;
  const at = way === 'down' ? `input_blocks.${2 * b + 1}` : `output_blocks.${2 * b + j}`;
  return kind === 'resnets' ? `${at}.0.${inner(rest)}` : `${at}.1.${rest}`;
};

/** OpenCLIP's layout of the second encoder: the projection the other way round, and all layers. */
const openClipSecond = (tensors: Tensors): Tensors => {
  const { 'text_projection.weight': projection, ...others } = tensors;
  const [rows = 0, columns = 0] = projection!.dims;
  const turned = Float32Array.from({ length: rows * columns }, (_, i) => projection!.data[(i % rows) * columns + Math.floor(i / rows)]!);
  return { ...openClip(others), text_projection: { dims: [columns, rows], data: turned } };
};

/** Everything in one file's names. */
export const xlState = (xl: ReturnType<typeof tinyXl>, marks: readonly string[] = []): Tensors => ({
  ...map(xl.unet, ldmName, 'model.diffusion_model.'),
  ...map(ldmVae(xl), name => name, 'first_stage_model.'),
  ...map(xl.text_encoder, name => name, 'conditioner.embedders.0.transformer.'),
  ...map(openClipSecond(xl.text_encoder_2), name => name, 'conditioner.embedders.1.model.'),
  ...Object.fromEntries(marks.map((name): [string, Tensor] => [name, { dims: [0], data: new Float32Array() }])),
});

const ADAPTED = { unet: /attn1\.to_q\.weight$/, text_encoder: /\.q_proj\.weight$/, text_encoder_2: /\.q_proj\.weight$/ } as const;
type Adapted = keyof typeof ADAPTED;

const KOHYA = { unet: 'lora_unet_', text_encoder: 'lora_te1_', text_encoder_2: 'lora_te2_' } as const;
const GENERAL = {
  unet: 'diffusion_model.',
  text_encoder: 'text_encoders.clip_l.transformer.',
  text_encoder_2: 'text_encoders.clip_g.transformer.',
} as const;

type Side = 'down' | 'up';

/** One LoRA over all three networks under the names of each kind of file: the same numbers. */
export const xlLoras = (xl: ReturnType<typeof tinyXl>) => {
  const modules = (Object.keys(ADAPTED) as Adapted[]).flatMap(part =>
    Object.entries(xl[part]).flatMap(([name, { dims }]): [string, readonly number[]][] =>
      ADAPTED[part].test(name) ? [[`${part} ${name.replace('.weight', '')}`, dims]] : [],
    ),
  );
  const pairs = loraTensors(new Map(modules), module => [`${module} down`, `${module} up`]);
  const spelled = (spell: (part: Adapted, module: string, side: Side) => string): Tensors =>
    Object.fromEntries(
      Object.entries(pairs).map(([key, tensor]) => {
        const [part, module, side] = key.split(' ') as [Adapted, string, Side];
        return [`${spell(part, module, side)}.weight`, tensor];
      }),
    );
  const flat = (name: string): string => name.replaceAll('.', '_');
  const place = (part: Adapted, module: string): string => (part === 'unet' ? ldmName(`${module}.weight`).replace('.weight', '') : module);
  return {
    sgm: spelled((part, module, side) => `${KOHYA[part]}${flat(place(part, module))}.lora_${side}`),
    kohya: spelled((part, module, side) => `${KOHYA[part]}${flat(module)}.lora_${side}`),
    peft: spelled((part, module, side) => `${part}.${module}.lora_${side === 'up' ? 'B' : 'A'}`),
    diffusers: spelled((part, module, side) =>
      part === 'unet' ? `unet.${module.replace('to_q', 'processor.to_q_lora')}.${side}` : `${part}.${module}.lora_linear_layer.${side}`,
    ),
    comfy: spelled((part, module, side) => `${GENERAL[part]}${place(part, module)}.lora_${side}`),
  };
};
