// Drives a model folder of Stable Diffusion 1.5's shapes, with random weights, through the same code as any other: time and memory of a key frame.
//   npx tsx bench/full-size.ts [FOLDER]     writes 4.3 GB there (default: a temporary folder, removed at the end)

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unetConfig } from '../models/networks/unet-config.ts';
import { unet2d } from '../models/networks/unet2d.ts';
import { openPainter } from '../pipeline/painter.ts';
import { withStyle } from '../pipeline/request.ts';
import { settleRun } from '../pipeline/settle.ts';
import { asConfig, VOCABULARY, writeRandomModel } from './random-model.ts';

const UNET = { _class_name: 'UNet2DConditionModel', cross_attention_dim: 768, attention_head_dim: 8 };
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

const given = process.argv[2];
const folder = given ?? mkdtempSync(join(tmpdir(), 'rerender-full-size-'));
try {
  await writeRandomModel(folder, { unet: UNET, buildUNet: w => unet2d(unetConfig(asConfig(UNET)), w), text: TEXT, schedule: SCHEDULE });
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
