// Drives a model folder of ModelScope text-to-video's shapes, with random weights, through the same code as any other:
// time and memory of a clip.
//   npx tsx bench/video-model.ts [FOLDER] [FRAMES] [SIDE]     writes 7.1 GB there (default: a temporary folder, removed at the end)

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unet3d } from '../models/networks/unet3d.ts';
import { unet3dConfig } from '../models/networks/unet3d-config.ts';
import { asConfig, VOCABULARY, writeRandomModel } from '../pipeline/bench/random-model.ts';
import { measureDrawing } from '../pipeline/session/measure.ts';
import { openModel } from '../pipeline/session/open-model.ts';
import { withStyle } from '../pipeline/session/request.ts';
import { settleRun } from '../pipeline/session/settle.ts';

const UNET = { _class_name: 'UNet3DConditionModel' }; // the defaults are ModelScope's
const TEXT = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_hidden_layers: 23,
  vocab_size: VOCABULARY,
  hidden_act: 'gelu',
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

const [modelFolder, frames = '16', side = '256'] = process.argv.slice(2);
const folder = modelFolder ?? mkdtempSync(join(tmpdir(), 'rerender-video-model-'));
const user = () => process.cpuUsage().user / 1e6;
try {
  if (!existsSync(join(folder, 'scheduler'))) {
    const texts = [{ config: TEXT, reading: 'last', tokenizer: 'embedded' }] as const;
    await writeRandomModel(folder, { unet: UNET, buildUNet: w => unet3d(unet3dConfig(asConfig(UNET)), w), texts, schedule: SCHEDULE });
  }
  const { options } = await settleRun([{ origin: { kind: 'request' }, values: { style: 'a dog runs', model: folder } }]);
  const drawing = withStyle(options);
  const opened = await openModel({ options: drawing, model: folder, controls: [], warn: () => undefined });
  for (const { name, parameters, bytes } of opened.model.info.parts) {
    console.log(`${name.padEnd(24)} ${(parameters / 1e6).toFixed(1)} M parameters, ${(bytes / 1e9).toFixed(2)} GB on disk`);
  }
  const before = user();
  const size = { width: Number(side), height: Number(side) };
  const { signal } = new AbortController();
  const costs = await measureDrawing({ options: drawing, opened, size, window: Number(frames), signal });
  const { secondsPerStep, secondsPerPicture, memory } = costs;
  console.log(
    `${frames} frames of ${side}x${side}, both prompts: ${secondsPerStep.toFixed(1)} s a step,`,
    `${secondsPerPicture.toFixed(2)} s a frame for`,
  );
  console.log(
    `encoding and decoding, ${(memory / 1e9).toFixed(2)} GB at the peak; ${(user() - before).toFixed(0)} s of processor time in all`,
  );
  await opened.close();
} finally {
  if (modelFolder === undefined) rmSync(folder, { recursive: true, force: true });
}
