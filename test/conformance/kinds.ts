// Which kinds of cases are known, and who checks them.
import type { KindCheck } from './case.ts';
import { check as attentionBank } from './kinds/attention-bank.ts';
import { check as autoencoderDC } from './kinds/autoencoder-dc.ts';
import { check as autoencoderKl } from './kinds/autoencoder-kl.ts';
import { check as autoencoderTiny } from './kinds/autoencoder-tiny.ts';
import { check as badFiles } from './kinds/bad-files.ts';
import { check as clipText } from './kinds/clip-text.ts';
import { check as clipTokenizer } from './kinds/clip-tokenizer.ts';
import { check as controlnet } from './kinds/controlnet.ts';
import { check as fp16 } from './kinds/fp16.ts';
import { check as freeuFilter } from './kinds/freeu-filter.ts';
import { check as freeuSchedule } from './kinds/freeu-schedule.ts';
import { check as keyframes } from './kinds/keyframes.ts';
import { check as lora } from './kinds/lora.ts';
import { check as pipeline } from './kinds/pipeline.ts';
import { check as rerenderOps } from './kinds/rerender-ops.ts';
import { check as scheduler } from './kinds/scheduler.ts';
import { check as singleFile } from './kinds/single-file.ts';
import { check as textualInversion } from './kinds/textual-inversion.ts';
import { check as unet2d } from './kinds/unet2d.ts';
import { check as unet2dControl } from './kinds/unet2d-control.ts';
import { check as unet2dFreeu } from './kinds/unet2d-freeu.ts';
import { check as unet3d } from './kinds/unet3d.ts';
import { check as vision } from './kinds/vision.ts';

export const kinds: Readonly<Record<string, KindCheck>> = {
  'attention-bank': attentionBank,
  'autoencoder-kl': autoencoderKl,
  'autoencoder-dc': autoencoderDC,
  'autoencoder-tiny': autoencoderTiny,
  'bad-files': badFiles,
  'clip-text': clipText,
  'clip-tokenizer': clipTokenizer,
  controlnet,
  fp16,
  'freeu-filter': freeuFilter,
  'freeu-schedule': freeuSchedule,
  keyframes,
  lora,
  pipeline,
  'rerender-ops': rerenderOps,
  scheduler,
  'single-file': singleFile,
  'textual-inversion': textualInversion,
  unet2d,
  'unet2d-control': unet2dControl,
  'unet2d-freeu': unet2dFreeu,
  unet3d,
  vision,
};
