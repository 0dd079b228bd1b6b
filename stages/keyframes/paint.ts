// Draws one key frame on tensors: Rerender A Video's two passes, without the steps whose results nobody reads.

import type { SamplerName } from '../../config/samplers.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { ControlUse } from '../../models/denoise/control-residuals.ts';
import type { FreeUUse } from '../../models/denoise/freeu.ts';
import type { GuidanceBands } from '../../models/denoise/guidance-bands.ts';
import type { StepWindow } from '../../models/denoise/step-window.ts';
import type { DenoiseRequest } from '../../models/denoise-request.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { Step } from '../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { adain } from './adain.ts';
import { fidelityTarget, overshoot } from './fidelity.ts';
import { inpaintMix, type Mix, noiseTowards, planMix } from './inpaint-mix.ts';
import { type AttentionStates, crossFrameBank, type Memory, type Remember, recordedLayers } from './memory.ts';
import { editWithNoise } from './own-noise.ts';
import { inPeriod, mixedSteps } from './periods.ts';
import { pixelFusion } from './pixel-fusion.ts';
import type { Relation } from './relation.ts';
import type { FusionSettings } from './settings.ts';
import { warpNearest } from './warp.ts';

/** How a key frame is painted. */
export type PaintOptions = {
  readonly steps: number;
  readonly sampler?: SamplerName;
  /** Index of the first step, where the noised frame enters; `'noise'` begins at step 0 with noise alone. */
  readonly begin: number | 'noise';
  /** Default 1; see `DenoiseRequest`. */
  readonly span?: number | undefined;
  readonly guidance: number;
  /** Default 0; see `DenoiseRequest`. */
  readonly guidanceRescale?: number;
  /** See `DenoiseRequest`. */
  readonly guidanceBands?: GuidanceBands;
  /** See `DenoiseRequest`. */
  readonly guidanceWindow?: StepWindow;
  /** See `DenoiseRequest`. */
  readonly wholeEvery?: number;
  readonly freeu: FreeUUse | undefined;
  readonly controls: readonly ControlUse[];
  readonly fusion: FusionSettings;
};

/** Standard normal latents. */
export type PaintNoise = {
  /** Where drawing begins at noise alone. */
  readonly start: Tensor;
  /** Of the noised frame. */
  readonly inject: Tensor;
  /** Of the target that is mixed in before a step. */
  readonly mix: (step: Step) => Tensor;
  /** For samplers that add noise at every step. */
  readonly step?: (step: Step) => Tensor;
};

/** The anchor and the previous key frame: how they lie to this one (absent where no fusion asks for motion), and what they left. */
export type Others = {
  readonly relation?: Relation | undefined;
  readonly anchor: Memory;
  readonly previous: Memory;
  /** Whose statistics AdaIN takes; default the anchor's. */
  readonly colours?: Memory | undefined;
};

/** A key frame as tensors: its picture, its noise, and the key frames that it looks at. */
export type PaintRequest = {
  readonly model: DiffusionModel;
  /** Of [negative prompt, prompt]. */
  readonly conditioning: Conditioning;
  readonly options: PaintOptions;
  readonly noise: PaintNoise;
  /** The encoded frame, [1, c, h, w]. */
  readonly latent: Tensor;
  /** Absent for an anchor. */
  readonly others?: Others | undefined;
  /** Receives what later key frames read of this one. */
  readonly remember?: Remember | undefined;
  /** Called after each denoising step, with its result; `pass` 2 is the one with the mix. */
  readonly onStep?: ((pass: 1 | 2, step: number, x: Tensor, denoised: Tensor) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** A drawn key frame, and of the second pass what it was made from. */
export type Painted = {
  /** [1, 3, h, w] in [-1, 1]. */
  readonly image: Tensor;
  readonly mix?: { readonly direct: Tensor; readonly blend: Tensor; readonly bad: Tensor; readonly target: Tensor };
};

/** Where a pass goes on: what the step before it left. */
type Resume = NonNullable<DenoiseRequest['resume']>;

/** What a pass enters its first step with. */
type Start = { readonly x: Tensor; readonly alphaBar: number };

const scaled = ({ dims, data }: Tensor, k: number): Tensor =>
  tensor(
    dims,
    data.map(v => v * k),
  );

/** mask a + (1 - mask) b, the mask [h, w]. */
const select = (mask: Tensor, a: Tensor, b: Tensor): Tensor => {
  const size = mask.data.length;
  const out = tensor(a.dims);
  for (let i = 0; i < out.data.length; i++) {
    const m = mask.data[i % size]!;
    out.data[i] = m * a.data[i]! + (1 - m) * b.data[i]!;
  }
  return out;
};

/** The edits of the predicted clean latent, in Rerender's order: AdaIN, then the anchor's own pulled here. */
const editedClean = async (
  denoised: Tensor,
  step: Step,
  { steps, fusion }: PaintOptions,
  { relation, anchor, colours = anchor }: Others,
): Promise<Tensor> => {
  const ada = inPeriod(fusion.ada, step.index, steps);
  const motion = inPeriod(fusion.warp, step.index, steps) ? relation : undefined;
  if (!ada && !motion) return denoised;
  const coloured = ada ? adain(denoised, await colours.clean(step.index)) : denoised;
  const edited = motion ? select(motion.warpMask, warpNearest(await anchor.clean(step.index), motion.latentFlow), coloured) : coloured;
  return fusion.maskNoise === 'own' ? editWithNoise(denoised, edited, step) : edited;
};

/** The noise that a pass starts from, or the noised latent of the frame. */
const startOf = ({ options, noise }: PaintRequest, latent: Tensor, alphaBar: number): Tensor =>
  options.begin === 'noise'
    ? noise.start
    : tensor(
        latent.dims,
        latent.data.map((v, i) => Math.sqrt(alphaBar) * v + Math.sqrt(1 - alphaBar) * noise.inject.data[i]!),
      );

type Pass = {
  readonly number: 1 | 2;
  /** Goes on from here; without it the pass runs from the beginning. */
  readonly resume?: Resume | undefined;
  /** Steps before this one leave a memory; the pass returns what this one begins with. */
  readonly until: number;
  readonly mix?: Mix & { readonly noise: (step: Step) => Tensor };
};

/** One pass over a frame's latent, to the end. */
const runPass = async (
  request: PaintRequest,
  { number, resume, until, mix }: Pass,
): Promise<{ x: Tensor; before?: Resume; start?: Start }> => {
  const { model, conditioning, latent, options, noise, others, remember, onStep, signal } = request;
  const {
    steps,
    sampler,
    begin,
    span = 1,
    fusion,
    guidance,
    guidanceRescale = 0,
    guidanceBands,
    guidanceWindow,
    wholeEvery,
    freeu,
    controls,
  } = options;
  let before: Resume | undefined;
  let start: Start | undefined;
  let states: AttentionStates | undefined;
  const layers = recordedLayers(model.info.attention, fusion.loose);
  const crosses = (i: number) => inPeriod(fusion.cross, i, steps);
  const isClean = (i: number) => inPeriod(fusion.ada, i, steps) || inPeriod(fusion.warp, i, steps);
  const mixed = mix ? mixedSteps(fusion.mask, steps, begin === 'noise' ? 0 : begin) : [];
  const x = await model.denoise({
    conditioning,
    ...(begin === 'noise' ? { noise: noise.start } : { noise: noise.inject, latent, first: begin }),
    steps,
    span,
    ...(sampler && { sampler }),
    ...(noise.step && { stochastic: { noise: noise.step } }),
    ...(resume && { resume }),
    guidance,
    guidanceRescale,
    ...(guidanceBands && { guidanceBands }),
    ...(guidanceWindow && { guidanceWindow }),
    ...(wholeEvery && { wholeEvery }),
    controls,
    ...(freeu && { freeu }),
    attention: {
      ...(others && { bank: step => (crosses(step.index) ? crossFrameBank(step.index, others.anchor, others.previous) : undefined) }),
      ...(remember?.states && {
        record: (_, recorded) => {
          states = recorded;
        },
        recorded: ({ index }) => (index < until && crosses(index) ? layers : undefined),
      }),
    },
    ...(others && { editDenoised: ({ step, denoised }) => editedClean(denoised, step, options, others) }),
    ...(mix && {
      editInput: ({ step, x, direction: behind }) => {
        if (!mixed.includes(step.index)) return x;
        // Where the noised frame has just entered, what points back to the noise is its noise.
        const direction = step.index === begin ? scaled(noise.inject, Math.sqrt(1 - step.alphaBar)) : behind;
        return inpaintMix(mix, { x, direction, noise: mix.noise(step), alphaBar: step.alphaBar });
      },
    }),
    onStep: async ({ step: { index, alphaBar }, x, denoised, direction, memory }) => {
      if (states) await remember?.states?.(index, states);
      states = undefined;
      if (index < until && isClean(index)) await remember?.clean?.(index, denoised);
      if (index === until - 1) before = { index: until, x, direction, memory };
      if (index === (begin === 'noise' ? 0 : begin)) start = { x: startOf(request, latent, alphaBar), alphaBar };
      onStep?.(number, index, x, denoised);
    },
    ...(signal && { signal }),
  });
  return { x, ...(before && { before }), ...(start && { start }) };
};

/**
 * Draws a key frame.
 *
 * Pass 1 draws it with cross-frame attention, AdaIN and the pulled clean latent of the anchor. Where anchor or previous key frame can be
 * seen, pass 2 mixes their encoded blend in. Both passes start from the same noise, so pass 2 equals pass 1 up to the first mixed step and
 * begins there; steps before the noised frame enters are not run, as it would replace them;
 * a mask of zeros makes the mix the identity, and pass 2 is left out.
 */
export const paintKeyframe = async (request: PaintRequest): Promise<Painted> => {
  const { model, options, others, signal } = request;
  const { steps, fusion } = options;
  const relation = others?.relation;
  const mask = relation?.mask;
  const fuses = mask !== undefined && fusion.maskStrength > 0 && mask.data.some(v => v > 0);
  const [firstMixed] = fuses ? mixedSteps(fusion.mask, steps, options.begin === 'noise' ? 0 : options.begin) : [];
  const first = await runPass(request, { number: 1, until: firstMixed ?? Number.POSITIVE_INFINITY });
  const direct = await model.decodeLatent(first.x, signal);
  if (!relation || !mask || firstMixed === undefined) return { image: direct };

  const blend = pixelFusion(relation.anchor, relation.previous, direct);
  const z = await model.encodeImage(blend, signal ? { signal } : {});
  const z2 = await model.encodeImage(await model.decodeLatent(z, signal, { clamp: false }), signal ? { signal } : {});
  const trial = await model.decodeLatent(overshoot(z, z2), signal, { clamp: false });
  const { target, bad } = fidelityTarget({ z, z2, trial, blend, mask }, fusion.fidelityThreshold);
  const frameNoise = fusion.maskNoise === 'own' && first.start ? noiseTowards(target, first.start) : undefined;
  const mix = {
    // Own noise is that of the rest of x, too: nothing of it is averaged away.
    ...planMix(target, mask, {
      strength: fusion.maskStrength,
      inner: frameNoise ? 0 : fusion.innerStrength,
      smooth: fusion.smoothBoundary && !frameNoise,
    }),
    noise: (step: Step) => frameNoise ?? request.noise.mix(step),
  };
  const second = await runPass(request, { number: 2, resume: first.before, until: Number.POSITIVE_INFINITY, mix });
  return { image: await model.decodeLatent(second.x, signal), mix: { direct, blend, bad, target } };
};
