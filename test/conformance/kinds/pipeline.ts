// Kind pipeline: whole runs of a model folder, from the prompt to the picture, step by step.
import { openConditioning } from '../../../models/conditioning.ts';
import type { FreeUUse } from '../../../models/denoise/guided-denoiser.ts';
import { openDiffusionModel } from '../../../models/diffusion-model.ts';
import type { UNetOptions } from '../../../models/networks/unet2d.ts';
import type { Step } from '../../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import { loadTokenizer } from '../../../models/text/tokenizer.ts';
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
  readonly negative_prompt: string;
  readonly conditioning_scale?: number;
  readonly freeu?: FreeUUse & FreeURules;
};

const unknown = (c: Case): string | undefined =>
  unknownIn(
    c,
    {
      task: ['image-to-image', 'text-to-image'],
      scheduler: Object.keys(SAMPLER),
      clip_skip: [0],
      freeu: 'any',
      steps: 'number',
      strength: 'number',
      cfg: 'number',
      prompt: 'text',
      negative_prompt: 'text',
      conditioning_scale: 'number',
    },
    ['noise', 'image', 'encode_noise', 'control_image', 'step_noise'],
  );

const has = (c: Case, name: string): boolean => name in c.inputs;

export const check: KindCheck = async (c, context) => {
  if (c.options.task === 'text-to-video') return checkVideo(c, context);
  const skipped = unknown(c);
  if (skipped) return { skipped };
  const options = c.options as Options;
  const { scheduler, steps, strength = 1, cfg, prompt, negative_prompt: negative, freeu } = options;
  const folder = c.model ?? '';
  const unet: UNetOptions = freeu ? freeuRules(freeu) : {};
  const controls = Object.values(c.models).flat();
  const model = await openDiffusionModel(folder, { runtime: await context.runtime(), controls, unet });
  const tokenizer = await loadTokenizer(`${folder}/tokenizer`);
  try {
    const prompts = [negative, prompt];
    const { conditioning } = await model.encodeText(prompts);
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
    const image = await model.decodeLatent(final);
    const computed: Record<string, Numbers | undefined> = {
      input_ids: {
        dims: [2, tokenizer.length],
        data: BigInt64Array.from(
          prompts.flatMap(p => tokenizer.encode(p).ids),
          BigInt,
        ),
      },
      text_states: openConditioning(conditioning).states,
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
  }
};
