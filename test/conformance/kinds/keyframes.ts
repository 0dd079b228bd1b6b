// Kind keyframes: an anchor and the key frames behind it, drawn by the stage itself, and everything on the way compared.

import type { FreeUUse } from '../../../models/denoise/freeu.ts';
import { openDiffusionModel } from '../../../models/diffusion-model.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import type { AttentionStates, Memory, Remember } from '../../../stages/keyframes/memory.ts';
import { type PaintRequest, paintKeyframe } from '../../../stages/keyframes/paint.ts';
import { injectionStep } from '../../../stages/keyframes/periods.ts';
import { type Neighbour, relate } from '../../../stages/keyframes/relation.ts';
import { type Case, floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { type FreeURules, freeuRules } from '../networks.ts';
import type { Numbers } from '../tensors.ts';

type Span = readonly [number, number];
type Options = {
  readonly steps: number;
  readonly cfg: number;
  readonly conditioning_scale: number;
  readonly loose: boolean;
  readonly cross_period: Span;
  readonly warp_period: Span;
  readonly ada_period: Span;
  readonly mask_period: Span;
  readonly mask_strength: number;
  readonly inner_strength: number;
  readonly smooth_boundary: boolean;
  readonly fidelity_threshold: number;
  readonly update_previous: boolean;
  readonly freeu: null | (FreeURules & FreeUUse);
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly x0_strength: number;
};

const FLAG = [true, false] as const;
const OPTIONS = {
  steps: 'number',
  cfg: 'number',
  conditioning_scale: 'number',
  loose: FLAG,
  cross_period: 'numbers',
  warp_period: 'numbers',
  ada_period: 'numbers',
  mask_period: 'numbers',
  mask_strength: 'number',
  inner_strength: 'number',
  smooth_boundary: FLAG,
  fidelity_threshold: 'number',
  update_previous: FLAG,
  freeu: 'any',
  prompt: 'text',
  negative_prompt: 'text',
  x0_strength: 'number',
} as const;

const INPUTS = ['frames', 'control_images', 'noise', 'inject_noise', 'mix_noise', /^flow_(to|from)_(anchor|previous)\.\d+$/] as const;

/** The i-th of a batch, as a batch of one. */
const pick = ({ dims, data }: Tensor, i: number): Tensor => {
  const size = dims.slice(1).reduce((n, d) => n * d, 1);
  return tensor([1, ...dims.slice(1)], data.slice(i * size, (i + 1) * size));
};

/** Two planes as interleaved x, y. */
const interleaved = ({ data }: Tensor): Float32Array => data.map((_, i) => data[(i % 2) * (data.length / 2) + (i >> 1)]!);

const neighbour = (c: Case, who: string, k: number, image: Tensor): Neighbour => ({
  image,
  flow: interleaved(floats(c, `flow_to_${who}.${k}`)),
  back: interleaved(floats(c, `flow_from_${who}.${k}`)),
});

/** A memory that holds everything that it is handed. */
const openMemory = (id: string): Memory & { readonly remember: Required<Remember> } => {
  const states = new Map<number, AttentionStates>();
  const clean = new Map<number, Tensor>();
  return {
    id,
    states: async step => states.get(step)!,
    clean: async step => clean.get(step)!,
    remember: {
      states: async (step, value) => void states.set(step, value),
      clean: async (step, value) => void clean.set(step, value),
    },
  };
};

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, OPTIONS, INPUTS);
  if (skipped) return { skipped };
  if (c.model === undefined) return { skipped: 'it names no model' };
  const o = c.options as Options;
  const model = await openDiffusionModel(c.model, {
    runtime: await context.runtime(),
    controls: [String(c.models.controlnet)],
    unet: o.freeu ? freeuRules(o.freeu) : { freeu: 'off' },
  });
  try {
    const injected = injectionStep(o.steps, o.x0_strength);
    const { conditioning } = await model.encodeText([o.negative_prompt, o.prompt]);
    const base = async (k: number): Promise<Omit<PaintRequest, 'others' | 'remember' | 'onStep'>> => ({
      model,
      conditioning,
      latent: await model.encodeImage(pick(floats(c, 'frames'), k)),
      noise: { start: floats(c, 'noise'), inject: floats(c, 'inject_noise'), mix: step => pick(floats(c, 'mix_noise'), step.index) },
      options: {
        steps: o.steps,
        begin: injected < 0 ? 'noise' : injected,
        guidance: o.cfg,
        freeu: o.freeu ?? undefined,
        controls: [{ image: pick(floats(c, 'control_images'), k), scale: o.conditioning_scale }],
        fusion: {
          cross: o.cross_period,
          loose: o.loose,
          warp: o.warp_period,
          ada: o.ada_period,
          mask: o.mask_period,
          maskStrength: o.mask_strength,
          innerStrength: o.inner_strength,
          smoothBoundary: o.smooth_boundary,
          fidelityThreshold: o.fidelity_threshold,
        },
      },
    });
    const computed: Record<string, Numbers> = {
      timesteps: { dims: [o.steps], data: Float32Array.from(model.steps(o.steps), s => s.t) },
      injection_step: { dims: [1], data: BigInt64Array.of(BigInt(injected)) },
    };
    const anchor = openMemory('0');
    const first = await paintKeyframe({
      ...(await base(0)),
      remember: anchor.remember,
      onStep: (_, step, x) => {
        computed[`anchor.latents.${step}`] = x;
      },
    });
    computed['anchor.image'] = first.image;
    let [previous, last] = [anchor, first.image];
    const count = floats(c, 'frames').dims[0]!;
    for (let k = 1; k < count; k++) {
      const relation = relate(neighbour(c, 'anchor', k, first.image), neighbour(c, 'previous', k, last), model.info.factor);
      const own = openMemory(String(k));
      const drawn = await paintKeyframe({
        ...(await base(k)),
        others: { relation, anchor, previous },
        remember: { states: own.remember.states },
        onStep: (pass, step, x) => {
          if (pass === 1) computed[`key.${k}.first.latents.${step}`] = x;
          computed[`key.${k}.second.latents.${step}`] = x; // up to the first mixed step the second pass is the first
        },
      });
      const { mix } = drawn;
      if (!mix) throw new Error(`key frame ${k} had no second pass`);
      const { direct, blend, bad, target } = mix;
      const parts = { direct, blend, bad, target, mask: relation.mask, warp_mask: relation.warpMask, image: drawn.image };
      for (const [name, value] of Object.entries(parts)) computed[`key.${k}.${name}`] = value;
      last = drawn.image;
      if (o.update_previous) previous = own;
    }
    return compare(c, computed);
  } finally {
    await model.release();
  }
};
