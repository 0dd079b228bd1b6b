// Kind pipeline, task text-to-video: from the prompt to the frames, step by step.

import { openConditioning } from '../../../models/conditioning.ts';
import { splitFrames } from '../../../models/denoise/join-frames.ts';
import { openDiffusionModel } from '../../../models/diffusion-model.ts';
import type { Step } from '../../../models/samplers/schedule.ts';
import { elements, type Tensor, tensor } from '../../../models/tensor.ts';
import { loadTokenizer } from '../../../models/text/tokenizer.ts';
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { entry, inTheirUnits, SAMPLER } from '../schedulers.ts';

type Options = {
  readonly scheduler: string;
  readonly steps: number;
  readonly cfg: number;
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly freeu: { readonly b1: number; readonly b2: number; readonly s1: number; readonly s2: number } | null;
};

const OPTIONS = {
  task: ['text-to-video'],
  scheduler: Object.keys(SAMPLER),
  freeu: 'any',
  steps: 'number',
  cfg: 'number',
  prompt: 'text',
  negative_prompt: 'text',
} as const;

/** Tensors of equal dims along a new first axis. */
const stack = (parts: readonly Tensor[]): Tensor => {
  const out = tensor([parts.length, ...(parts[0]?.dims ?? [])]);
  parts.forEach(({ data }, i) => {
    out.data.set(data, i * data.length);
  });
  return out;
};

/** The clips [1, ...] of a batch [n, ...]. */
const clipsOf = ({ dims: [n = 1, ...dims], data }: Tensor): Tensor[] => {
  const size = elements(dims);
  return Array.from({ length: n }, (_, i) => tensor([1, ...dims], data.slice(i * size, (i + 1) * size)));
};

export const checkVideo: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, OPTIONS, ['noise', 'step_noise']);
  if (skipped) return { skipped };
  const { scheduler, steps, cfg, prompt, negative_prompt: negative, freeu } = c.options as Options;
  const folder = c.model ?? '';
  const model = await openDiffusionModel(folder, { runtime: await context.runtime() });
  const tokenizer = await loadTokenizer(`${folder}/tokenizer`);
  try {
    const ids = [negative, prompt].flatMap(text => tokenizer.encode(text).ids);
    const { conditioning } = await model.encodeText([negative, prompt]);
    const visited: Step[] = [];
    const latents: Tensor[] = [];
    const final = await model.denoise({
      conditioning,
      noise: floats(c, 'noise'),
      steps,
      sampler: SAMPLER[scheduler] ?? 'auto',
      guidance: cfg,
      ...(freeu && { freeu: { ...freeu, version: 1 } }),
      editInput: ({ step, x }) => {
        if (visited.push(step) === 1) latents.push(inTheirUnits(scheduler, x, step.alphaBar));
        return x;
      },
      stochastic: { noise: step => entry(floats(c, 'step_noise'), visited.indexOf(step)) },
      onStep: ({ step, x }) => void latents.push(inTheirUnits(scheduler, x, step.alphaBarNext)),
    });
    const clips: Tensor[] = [];
    for (const clip of clipsOf(final)) {
      const frames: Tensor[] = [];
      for (const latent of splitFrames(clip)) {
        const { dims, data } = await model.decodeLatent(latent);
        frames.push(
          tensor(
            dims.slice(1),
            data.map(v => v / 2 + 0.5),
          ),
        );
      }
      clips.push(stack(frames)); // [f, 3, h, w]
    }
    const [start, ...after] = latents;
    return compare(c, {
      input_ids: { dims: [2, tokenizer.length], data: BigInt64Array.from(ids, BigInt) },
      text_states: openConditioning(conditioning).states,
      timesteps: tensor(
        [visited.length],
        Float32Array.from(visited, step => step.t),
      ),
      'latents.start': start ?? final,
      ...Object.fromEntries(after.map((x, i) => [`latents.${i}`, x])),
      'latents.final': final,
      frames: stack(clips),
    });
  } finally {
    await model.release();
  }
};
