// A text-to-video model in ModelScope's own layout (diffusers), a few thousand random numbers small.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedModel } from '../../config/paths.ts';
import { gaussian } from '../../models/math/random.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { unet3d } from '../../models/networks/unet3d.ts';
import { unet3dConfig } from '../../models/networks/unet3d-config.ts';
import { elements, type Tensor, tensor } from '../../models/tensor.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from './safetensors.ts';

const UNET = {
  _class_name: 'UNet3DConditionModel',
  sample_size: 8,
  block_out_channels: [8, 16, 16],
  down_block_types: ['CrossAttnDownBlock3D', 'CrossAttnDownBlock3D', 'DownBlock3D'],
  up_block_types: ['UpBlock3D', 'CrossAttnUpBlock3D', 'CrossAttnUpBlock3D'],
  layers_per_block: 1,
  cross_attention_dim: 16,
  attention_head_dim: 4,
  norm_num_groups: 4,
};
const VAE = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [8, 8, 8, 8],
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
  norm_num_groups: 4,
};
const TEXT = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  hidden_act: 'gelu',
  vocab_size: 2014, // of the embedded model's tokenizer
};
const SCHEDULE = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

const raw = (values: Record<string, unknown>) => ({ file: 'config.json', values });

/** Random numbers for every weight that a network asks for: by fan-in, about 1 for the scales of norms. */
export const randomWeights = (build: (weights: WeightSource) => unknown): Record<string, Tensor> =>
  Object.fromEntries(
    [...shapesOf(build)].map(([name, dims]) => {
      const { data } = gaussian({ seed: 1, purpose: name }, dims);
      const spread = dims.length > 1 ? 1 / Math.sqrt(elements(dims.slice(1))) : 0.1;
      const middle = /(norm\w*|conv\d\.0)\.weight$/.test(name) ? 1 : 0;
      return [
        name,
        tensor(
          dims,
          data.map(v => middle + spread * v),
        ),
      ];
    }),
  );

/** Writes the model into a folder that it makes. */
export const writeClipModel = (folder: string, schedule: Record<string, unknown> = SCHEDULE): void => {
  const part = (name: string, config: Record<string, unknown>, weights: Record<string, Tensor>, file = 'diffusion_pytorch_model'): void => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, name, `${file}.safetensors`), safetensorsBytes(weights));
  };
  const vae = autoencoderKLConfig(raw(VAE));
  part(
    'unet',
    UNET,
    randomWeights(w => unet3d(unet3dConfig(raw(UNET)), w)),
  );
  part(
    'vae',
    VAE,
    randomWeights(w => [autoencoderKLEncoder(vae, w), autoencoderKLDecoder(vae, w)]),
  );
  part(
    'text_encoder',
    TEXT,
    randomWeights(w => clipText(clipTextConfig(raw(TEXT)), w)),
    'model',
  );
  cpSync(join(embeddedModel, 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(schedule));
  const index = { _class_name: 'TextToVideoSDPipeline', unet: ['diffusers', 'UNet3DConditionModel'] };
  writeFileSync(join(folder, 'model_index.json'), JSON.stringify(index));
};
