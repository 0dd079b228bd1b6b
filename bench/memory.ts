// What drawing holds at each phase: anonymous memory, and mapped files, whose pages the system can take back at any time.
//   npx tsx bench/memory.ts [--model FOLDER] [--shape sd15] [--half] [--size 512x512] [--control] [--int8 all] [--deep-cache 2] [--steps 3]
//                           [--phases encode,denoise,decode] [--rounds 2] [--frames 16]
// Phases run behind the reading of the prompts, in the order and as often as they are named. Without a folder, random weights of the shape
// (sd15, sdxl, or modelscope, which denoises `--frames` of a clip together) are written to a temporary one, with `--half` in half
// precision, with `--control` a ControlNet, too. The process is sampled 50 times a second (Linux); its derived weights are kept in the
// cache.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gaussian } from '../models/math/random.ts';
import { controlHint, controlNet } from '../models/networks/controlnet.ts';
import { controlNetConfig } from '../models/networks/unet-config.ts';
import { tensor } from '../models/tensor.ts';
import { shapesOf } from '../models/weights/shapes-of.ts';
import { asConfig, writeRandomModel } from '../pipeline/bench/random-model.ts';
import { writeWeights } from '../pipeline/bench/random-weights.ts';
import { SHAPED, type Shape } from '../pipeline/bench/shapes.ts';
import { openModel } from '../pipeline/session/open-model.ts';
import { withStyle } from '../pipeline/session/request.ts';
import { settleRun } from '../pipeline/session/settle.ts';
import { readPrompts } from '../pipeline/steps/encode.ts';
import { phase } from './phase.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    shape: { type: 'string', default: 'sd15' },
    size: { type: 'string', default: '512x512' },
    half: { type: 'boolean', default: false },
    control: { type: 'boolean', default: false },
    int8: { type: 'string', default: 'off' },
    'token-downsampling': { type: 'string', default: 'off' },
    'deep-cache': { type: 'string', default: '1' },
    steps: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '2' },
    frames: { type: 'string', default: '16' },
    phases: { type: 'string', default: 'encode,denoise,decode' },
  },
});

const KILOBYTE = 1024;

/** A ControlNet for the U-Net's config. */
const writeControl = async (folder: string, unet: Readonly<Record<string, unknown>>): Promise<void> => {
  const config = { ...unet, _class_name: 'ControlNetModel' };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const read = controlNetConfig(asConfig(config));
  const shapes = shapesOf(w => [controlNet(read, w), controlHint(read, w)]);
  await writeWeights(join(folder, 'diffusion_pytorch_model.safetensors'), shapes, shaped.dtype);
};

const main = async (model: string): Promise<void> => {
  const [width, height] = values.size.split('x').map(Number) as [number, number];
  const [steps, rounds] = [Number(values.steps), Number(values.rounds)];
  const control = values.control ? [`tile=${join(model, 'controlnet_tile')}`] : ['none'];
  const chosen = { int8: values.int8, tokenDownsampling: values['token-downsampling'], deepCache: Number(values['deep-cache']) };
  const request = { style: 'an oil painting', model, control, device: 'cpu', ...chosen };
  const { options } = await settleRun([{ origin: { kind: 'request' }, values: request }]);
  const drawing = withStyle(options);
  const controls = values.control ? [{ type: 'tile' as const, folder: join(model, 'controlnet_tile') }] : [];
  const opened = await openModel({ options: drawing, model, controls, warn: () => undefined });
  const { signal } = new AbortController();
  const { factor, latentChannels, kind } = opened.model.info;
  const [rows, columns] = [height / factor, width / factor];
  const dims = [1, latentChannels, rows, columns];
  const picture = tensor([1, 3, height, width], new Float32Array(3 * height * width).fill(0.1));
  const latent = gaussian({ seed: 1, purpose: 'decode' }, dims);
  const repeat = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < rounds; i++) await phase(name, work);
  };
  try {
    const { conditioning } = await phase('text', () => readPrompts(opened.model, drawing, signal));
    await opened.model.release('text');
    const denoise = async (): Promise<void> => {
      const uses = controls.map(() => ({ image: picture }));
      const wholeEvery = chosen.deepCache > 1 ? { wholeEvery: chosen.deepCache } : {};
      const ask = opened.model.denoiser({ steps, conditioning, controls: uses, signal, ...wholeEvery });
      const clip = [1, latentChannels, Number(values.frames), rows, columns];
      const x = gaussian({ seed: 1, purpose: 'memory' }, kind === 'video' ? clip : dims);
      for (const step of opened.model.steps(steps)) await phase(`step ${step.index}`, () => ask(x, step));
    };
    const works: Readonly<Record<string, () => Promise<void>>> = {
      encode: () => repeat('encode', () => opened.model.encodeImage(picture, { signal })),
      denoise,
      decode: () => repeat('decode', () => opened.model.decodeLatent(latent, signal)),
    };
    for (const name of values.phases.split(',')) {
      const work = works[name];
      if (!work) throw new RangeError(`--phases: ${name} is none of ${Object.keys(works).join(', ')}`);
      await work();
    }
  } finally {
    await opened.close();
  }
  console.log(`peak of the process: ${((process.resourceUsage().maxRSS * KILOBYTE) / 1e9).toFixed(2)} GB`);
};

const named = SHAPED[values.shape as Shape];
const shaped = values.half ? { ...named, dtype: 'F16' as const } : named;
const folder = values.model ?? mkdtempSync(join(tmpdir(), 'memory-'));
try {
  if (values.model === undefined) await writeRandomModel(folder, shaped);
  const place = join(folder, 'controlnet_tile');
  if (values.control && !existsSync(place)) await writeControl(place, shaped.unet);
  await main(folder);
} finally {
  if (values.model === undefined) rmSync(folder, { recursive: true });
}
