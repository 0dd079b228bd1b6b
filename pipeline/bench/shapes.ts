// The shapes of published families, as their configs describe them: what `bench model` draws with where no model is at hand.
import { unetConfig, withPooledWidth } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { unet3d } from '../../models/networks/unet3d.ts';
import { unet3dConfig } from '../../models/networks/unet3d-config.ts';
import { asConfig, type RandomModel, VOCABULARY } from './random-model.ts';

/** What `--shape` takes. */
export const SHAPES = ['sd15', 'sdxl', 'modelscope'] as const;
export type Shape = (typeof SHAPES)[number];

/** A family's shapes, and what its folder takes on disk. */
type ShapedModel = RandomModel & { readonly title: string; readonly disk: string };

const SCHEDULE = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

const SD15_UNET = { _class_name: 'UNet2DConditionModel', cross_attention_dim: 768, attention_head_dim: 8 };

const CLIP_L = { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, num_hidden_layers: 12, hidden_act: 'quick_gelu' };

/** Its vocabulary is the embedded tokenizer's. */
const SD15: ShapedModel = {
  title: 'Stable Diffusion 1.5',
  disk: '4.3 GB',
  unet: SD15_UNET,
  buildUNet: weights => unet2d(unetConfig(asConfig(SD15_UNET)), weights),
  texts: [{ config: { ...CLIP_L, vocab_size: VOCABULARY }, reading: 'last', tokenizer: 'embedded' }],
  schedule: { ...SCHEDULE, _class_name: 'PNDMScheduler' },
};

const POOLED = 1280;

const SDXL_UNET = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 128,
  block_out_channels: [320, 640, 1280],
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
  transformer_layers_per_block: [1, 2, 10],
  attention_head_dim: [5, 10, 20],
  cross_attention_dim: 2048,
  use_linear_projection: true,
  addition_embed_type: 'text_time',
  addition_time_embed_dim: 256,
  projection_class_embeddings_input_dim: 6 * 256 + POOLED,
};

const BIG_G = {
  model_type: 'clip_text_model',
  hidden_size: 1280,
  intermediate_size: 5120,
  num_attention_heads: 20,
  num_hidden_layers: 32,
  hidden_act: 'gelu',
  eos_token_id: 2,
  projection_dim: POOLED,
  vocab_size: 49_408,
};

const SDXL: ShapedModel = {
  title: 'SDXL',
  disk: '7.0 GB',
  unet: SDXL_UNET,
  buildUNet: weights => unet2d(withPooledWidth(unetConfig(asConfig(SDXL_UNET)), POOLED), weights),
  texts: [
    { config: { ...CLIP_L, vocab_size: 49_408 }, reading: 'penultimate', tokenizer: 'clip, end' },
    { config: BIG_G, reading: 'penultimate and pooled', tokenizer: 'clip, zero' },
  ],
  vae: { scaling_factor: 0.13025 },
  schedule: { ...SCHEDULE, _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading', prediction_type: 'epsilon' },
  dtype: 'F16',
};

const MODELSCOPE_UNET = { _class_name: 'UNet3DConditionModel' }; // its defaults are ModelScope's

const OPEN_CLIP_H = { hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16, num_hidden_layers: 23, hidden_act: 'gelu' };

const MODELSCOPE: ShapedModel = {
  title: "ModelScope's text-to-video",
  disk: '7.1 GB',
  unet: MODELSCOPE_UNET,
  buildUNet: weights => unet3d(unet3dConfig(asConfig(MODELSCOPE_UNET)), weights),
  texts: [{ config: { ...OPEN_CLIP_H, vocab_size: VOCABULARY }, reading: 'last', tokenizer: 'embedded' }],
  schedule: { ...SCHEDULE, _class_name: 'DDIMScheduler', clip_sample: false },
};

export const SHAPED: Readonly<Record<Shape, ShapedModel>> = { sd15: SD15, sdxl: SDXL, modelscope: MODELSCOPE };
