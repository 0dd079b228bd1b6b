// What a model in one file does not say, and its family does: schedule, tokenizers, the scale of latents; and which text encoders it needs.
import { basename, join } from 'node:path';
import { allInOrder } from '../../config/in-order.ts';
import type { RawConfig } from '../networks/config.ts';
import type { NetworkFolder } from '../networks/folder.ts';
import { clipTokenizerFiles } from '../text/clip-tokenizer.ts';
import { readTokenizerFiles } from '../text/tokenizer-files.ts';
import { type Checkpoint, partOf } from './checkpoint.ts';
import { isSdxl } from './model-kind.ts';
import type { TextFiles } from './text-parts.ts';

/** The schedule that every Stable Diffusion 1 and 2 was trained with. */
const SCHEDULE = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

/** The schedule that SDXL was trained with, and how it is drawn. */
const SDXL_SCHEDULE = { ...SCHEDULE, _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading' };

/** SDXL's v-prediction models: without noise at the end of training there is none but with trailing steps. */
const ZERO_SNR = { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };

/** What a file's schedule is, as its family was trained. */
export const familySchedule = (sdxl: boolean, prediction: string, zeroSnr: boolean): RawConfig['values'] => ({
  ...(sdxl ? SDXL_SCHEDULE : SCHEDULE),
  prediction_type: prediction,
  ...(zeroSnr && ZERO_SNR),
});

/** OpenCLIP's text encoders, which alone have the exact GELU, were trained with prompts padded by id 0. */
const paddingOf = (text: NetworkFolder): 'zero' | 'end' => (text.config.values.hidden_act === 'gelu' ? 'zero' : 'end');

/** The text encoders that a file lacks. */
export const missingTexts = (parts: Checkpoint['parts']): string[] => {
  if (!parts.unet || !isSdxl(parts.unet.config.values)) return parts.text_encoder ? [] : ['text encoder'];
  if (!parts.text_encoder_2) return [parts.text_encoder ? 'second text encoder (SDXL has two)' : 'text encoders (SDXL has two)'];
  const { hidden_size } = parts.text_encoder_2.config.values;
  const alone = hidden_size === parts.unet.config.values.cross_attention_dim; // a refiner
  return parts.text_encoder || alone ? [] : ['first text encoder (SDXL has two)'];
};

/**
 * The text encoders of a file. Tokenizers come with a folder of configs, or are CLIP's own.
 * @param where `folder` of configs, and the `names` in it
 */
export const fileTexts = async (
  checkpoint: Checkpoint,
  { sdxl, folder, names }: { readonly sdxl: boolean; readonly folder: string; readonly names: readonly string[] },
): Promise<TextFiles[]> => {
  const text = async (component: TextFiles['component'], name: string): Promise<TextFiles> => {
    const network = partOf(checkpoint, component, 'text encoder');
    const tokenizer = names.includes(name)
      ? { files: await readTokenizerFiles(join(folder, name)), place: join(folder, name) }
      : { files: clipTokenizerFiles(paddingOf(network)), place: "CLIP's own" };
    return { component, network, tokenizer };
  };
  const first = !sdxl || checkpoint.parts.text_encoder ? [text('text_encoder', 'tokenizer')] : [];
  return allInOrder([...first, ...(sdxl ? [text('text_encoder_2', 'tokenizer_2')] : [])]);
};

const SDXL_SCALING = 0.13025;
const EARLIER_SCALING = 0.18215; // of Stable Diffusion 1 and 2, diffusers' default

/** The scale of latents is a rule of the family, where an autoencoder's file has no config that says it. */
export const scaledFor = (sdxl: boolean, autoencoder: NetworkFolder): NetworkFolder => {
  const { file, values } = autoencoder.config;
  const silent = basename(file) !== 'config.json' && values.scaling_factor === undefined && values._class_name === 'AutoencoderKL';
  return sdxl && silent ? { ...autoencoder, config: { file, values: { ...values, scaling_factor: SDXL_SCALING } } } : autoencoder;
};

/** Latents of the two families have the same dims: an autoencoder of the other one fits, and draws wrong colours. Its scale shows it. */
export const foreignScale = (sdxl: boolean, { config: { file, values }, place }: NetworkFolder): string[] => {
  if (basename(file) !== 'config.json' || (values._class_name ?? 'AutoencoderKL') !== 'AutoencoderKL') return [];
  const [theirs, due] = sdxl ? [EARLIER_SCALING, SDXL_SCALING] : [SDXL_SCALING, EARLIER_SCALING];
  if ((values.scaling_factor ?? EARLIER_SCALING) !== theirs) return [];
  const [other, own] = sdxl ? ['Stable Diffusion 1 and 2', 'SDXL'] : ['SDXL', 'Stable Diffusion 1 or 2'];
  const [one, two] = [`the autoencoder ${place} is of ${other} (its latents are scaled by ${theirs})`, `the U-Net is of ${own} (${due})`];
  return [`${one}, ${two}: colours may be wrong; give an autoencoder of the model's family, or leave --vae out`];
};
