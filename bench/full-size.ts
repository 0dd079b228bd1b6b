// Drives a model folder of Stable Diffusion 1.5's shapes, with random weights, through the same code as any other: time and memory of a key frame.
//   npx tsx bench/full-size.ts [FOLDER]     writes 4.3 GB there (default: a temporary folder, removed at the end)

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedModel } from '../config/paths.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../models/networks/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../models/networks/clip-text.ts';
import { unetConfig } from '../models/networks/unet-config.ts';
import { unet2d } from '../models/networks/unet2d.ts';
import type { WeightSource } from '../models/weights/weight-source.ts';
import { openPainter } from '../pipeline/painter.ts';
import { withStyle } from '../pipeline/request.ts';
import { settleRun } from '../pipeline/settle.ts';
import { shapesOf, writeWeights } from './random-weights.ts';

const UNET = { _class_name: 'UNet2DConditionModel', cross_attention_dim: 768, attention_head_dim: 8 };
const VAE = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
};
const VOCABULARY = 2014; // the embedded model's tokenizer serves
const TEXT = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  vocab_size: VOCABULARY,
  hidden_act: 'quick_gelu',
};
const SCHEDULE = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

const config = (values: Record<string, unknown>) => ({ file: 'config.json', values });

const writeModel = async (folder: string): Promise<void> => {
  const parts: [string, Record<string, unknown>, (w: WeightSource) => unknown, string][] = [
    ['unet', UNET, w => unet2d(unetConfig(config(UNET)), w), 'diffusion_pytorch_model'],
    [
      'vae',
      VAE,
      w => [autoencoderKLEncoder(autoencoderKLConfig(config(VAE)), w), autoencoderKLDecoder(autoencoderKLConfig(config(VAE)), w)],
      'diffusion_pytorch_model',
    ],
    ['text_encoder', TEXT, w => clipText(clipTextConfig(config(TEXT)), w), 'model'],
  ];
  for (const [part, values, build, name] of parts) {
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, 'config.json'), JSON.stringify(values));
    await writeWeights(join(folder, part, `${name}.safetensors`), shapesOf(build));
  }
  cpSync(join(embeddedModel, 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify(SCHEDULE));
};

const given = process.argv[2];
const folder = given ?? mkdtempSync(join(tmpdir(), 'rerender-full-size-'));
try {
  await writeModel(folder);
  const { options } = await settleRun([{ origin: 'bench', values: { style: 'an oil painting', model: folder } }]);
  const before = process.memoryUsage().rss;
  const painter = await openPainter({ options: withStyle(options), model: folder, controls: [], emit: () => undefined });
  const parameters = painter.info.parts.reduce((sum, part) => sum + part.parameters, 0);
  console.log(
    `${(parameters / 1e6).toFixed(1)} M parameters; opened with ${((process.memoryUsage().rss - before) / 1e6).toFixed(0)} MB more than before`,
  );
  const { secondsPerStep, secondsPerPicture, memory } = await painter.measure({ width: 512, height: 512 }, new AbortController().signal);
  console.log(
    `512x512, guidance pair: ${secondsPerStep.toFixed(2)} s a step, ${secondsPerPicture.toFixed(2)} s for encoding and decoding, ${(memory / 1e9).toFixed(2)} GB at the peak`,
  );
  await painter.close();
} finally {
  if (given === undefined) rmSync(folder, { recursive: true, force: true });
}
