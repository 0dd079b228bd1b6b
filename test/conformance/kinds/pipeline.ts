// Kind pipeline: whole runs of a model folder, from the prompt to the picture, step by step.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConditioning, type PictureSizes } from '../../../models/conditioning.ts';
import type { FreeUUse } from '../../../models/denoise/freeu.ts';
import { timeIds } from '../../../models/denoise/time-ids.ts';
import { openDiffusionModel } from '../../../models/diffusion-model.ts';
import type { UNetOptions } from '../../../models/networks/unet2d.ts';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import type { TextPart } from '../../../models/open/text-parts.ts';
import type { Config } from '../../../models/samplers/config.ts';
import type { Step } from '../../../models/samplers/schedule.ts';
import { type Tensor, takeRows, tensor } from '../../../models/tensor.ts';
import { type Case, floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { type FreeURules, freeuRules } from '../networks.ts';
import { entry, inTheirUnits, SAMPLER } from '../schedulers.ts';
import type { Numbers } from '../tensors.ts';
import { checkVideo } from './pipeline-video.ts';

type Options = {
  readonly scheduler: string;
  readonly steps: number;
  readonly strength?: number;
  readonly cfg: number;
  readonly prompt: string;
  readonly negative_prompt: string | null;
  readonly conditioning_scale?: number;
  readonly freeu?: FreeUUse & FreeURules;
  readonly guidance_rescale?: number;
  readonly clip_skip?: number;
  readonly scheduler_config?: Config;
};

const SIZES = {
  original_size: 'numbers',
  crop: 'numbers',
  target_size: 'numbers',
  aesthetic_score: 'number',
  negative_original_size: 'numbers',
  negative_crop: 'numbers',
  negative_target_size: 'numbers',
  negative_aesthetic_score: 'number',
} as const;

/** What the case says of the negative prompt's sizes, and of the prompt's. */
const sizesOf = ({ options }: Case): PictureSizes[] => {
  const rows = ['negative_', ''].map(half => {
    const of = (name: string): unknown => options[half + name] ?? options[name];
    const all = { original: of('original_size'), crop: of('crop'), target: of('target_size'), score: of('aesthetic_score') };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as PictureSizes;
  });
  return rows;
};

const unknown = (c: Case): string | undefined =>
  unknownIn(
    c,
    {
      task: ['image-to-image', 'text-to-image'],
      scheduler: Object.keys(SAMPLER),
      clip_skip: 'number',
      guidance_rescale: 'number',
      scheduler_config: 'any',
      ...SIZES,
      freeu: 'any',
      steps: 'number',
      strength: 'number',
      cfg: 'number',
      prompt: 'text',
      negative_prompt: 'any',
      conditioning_scale: 'number',
    },
    ['noise', 'image', 'encode_noise', 'control_image', 'step_noise'],
  );

/** The model's folder, or a copy whose scheduler config has other values. */
const withSchedule = async (folder: string, changes: Config | undefined): Promise<string> => {
  if (!changes) return folder;
  const copy = await mkdtemp(join(tmpdir(), 'rerender-schedule-'));
  await cp(folder, copy, { recursive: true });
  const file = join(copy, 'scheduler', 'scheduler_config.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...changes }));
  return copy;
};

/** Both rows, or the prompt's alone where the case has no more. */
const halves = (c: Case, name: string, both: Tensor): Tensor => (c.outputs[name]?.dims[0] === 1 ? takeRows(both, [1]) : both);

/** Token ids of the prompts that a case tells: without guidance, or for a negative prompt of zeros, the last alone. */
const idsOf = (c: Case, texts: readonly TextPart[], prompts: readonly (string | undefined)[]): Record<string, Numbers> =>
  Object.fromEntries(
    texts.map(({ component, tokenizer }) => {
      const name = component === 'text_encoder' ? 'input_ids' : 'input_ids_2';
      const rows = prompts.slice(-(c.outputs[name]?.dims[0] ?? 0));
      const ids = rows.flatMap(prompt => tokenizer.encode(prompt ?? '').ids);
      return [name, { dims: [rows.length, tokenizer.length], data: BigInt64Array.from(ids, BigInt) }];
    }),
  );

const has = (c: Case, name: string): boolean => name in c.inputs;

export const check: KindCheck = async (c, context) => {
  if (c.options.task === 'text-to-video') return checkVideo(c, context);
  const skipped = unknown(c);
  if (skipped) return { skipped };
  const options = c.options as Options;
  const { scheduler, steps, strength = 1, cfg, prompt, negative_prompt: negative, freeu } = options;
  const folder = await withSchedule(c.model ?? '', options.scheduler_config);
  const unet: UNetOptions = freeu ? freeuRules(freeu) : {};
  const controls = Object.values(c.models).flat();
  const model = await openDiffusionModel(folder, { runtime: await context.runtime(), controls, unet });
  const { texts, unet: network } = await openModelFolder(folder, { controls: [] });
  try {
    const prompts = [negative ?? undefined, prompt];
    const sizes = sizesOf(c);
    const { conditioning } = await model.encodeText(prompts, undefined, { clipSkip: options.clip_skip, sizes });
    const latent = has(c, 'image') ? await model.encodeImage(floats(c, 'image'), { noise: floats(c, 'encode_noise') }) : undefined;
    const visited: Step[] = [];
    const latents: Tensor[] = [];
    const final = await model.denoise({
      conditioning,
      noise: floats(c, 'noise'),
      ...(latent && { latent }),
      strength,
      steps,
      sampler: SAMPLER[scheduler] ?? 'auto',
      guidance: cfg,
      ...(options.guidance_rescale !== undefined && { guidanceRescale: options.guidance_rescale }),
      controls: has(c, 'control_image') ? [{ image: floats(c, 'control_image'), scale: options.conditioning_scale ?? 1 }] : [],
      ...(freeu && { freeu }),
      editInput: ({ step, x }) => {
        if (visited.push(step) === 1) latents.push(inTheirUnits(scheduler, x, step.alphaBar));
        return x;
      },
      stochastic: { noise: step => entry(floats(c, 'step_noise'), visited.indexOf(step)) },
      onStep: ({ step, x }) => void latents.push(inTheirUnits(scheduler, x, step.alphaBarNext)),
    });
    const [start, ...after] = latents;
    const { states, pooled } = openConditioning(conditioning);
    const image = await model.decodeLatent(final);
    const computed: Record<string, Numbers | undefined> = {
      ...idsOf(c, texts, prompts),
      text_states: halves(c, 'text_states', states),
      ...(pooled && {
        pooled: halves(c, 'pooled', pooled),
        time_ids: halves(c, 'time_ids', timeIds(sizes, [0, 0], network.config.added!.ids)),
      }),
      image_latents: latent,
      timesteps: tensor(
        [visited.length],
        Float32Array.from(visited, step => step.t),
      ),
      'latents.start': start,
      'latents.final': final,
      image: tensor(
        image.dims,
        image.data.map(v => v / 2 + 0.5),
      ),
      ...Object.fromEntries(after.map((x, i) => [`latents.${i}`, x])),
    };
    return compare(c, Object.fromEntries(Object.entries(computed).flatMap(([name, value]) => (value ? [[name, value]] : []))));
  } finally {
    await model.release();
    if (folder !== c.model) await rm(folder, { recursive: true });
  }
};
