// Draws key frames: a shot's anchor, the key frames behind it, and the picture from noise alone that gives a shot its colours.
import type { Conditioning } from '../../models/conditioning.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { Tensor } from '../../models/tensor.ts';
import { drawKeyframe, type Links } from '../../stages/keyframes/draw.ts';
import type { Memory } from '../../stages/keyframes/memory.ts';
import type { Series } from '../graph/port.ts';
import { many, maybe, one, type Progress, params } from '../graph/step.ts';
import { type ControlParams, controlUses, counted } from './controlled.ts';
import { FUSIONS, fusionsOf, NO_FUSIONS, STATES, tiesOf } from './fusions.ts';
import { DRAWING, drawOptions, rememberIn } from './keyframe-options.ts';
import { cleanPort, conditioningPort, controlImagePort, latentPort, motionPort, picturePort, statesPort } from './ports.ts';
import { SAMPLING, samplingOf } from './sampling.ts';
import type { StoredStates } from './states.ts';
import { step } from './step.ts';

type KeyframeParams = {
  /** Number of the frame in the clip. */
  readonly frame: number;
  readonly controls: readonly ControlParams[];
};

const inputs = {
  conditioning: one(conditioningPort),
  latent: one(latentPort),
  controls: many(controlImagePort),
} as const;

const outputs = {
  /** What its attention layers saw, for the key frames that look at it. */
  states: { port: statesPort, keep: 'readers', reads: STATES },
  /** Its predicted clean latents, for the key frames whose anchor it is. */
  clean: { port: cleanPort, keep: 'readers', reads: STATES },
  picture: { port: picturePort, keep: 'cache' },
} as const;

/** Two series as the memory of a key frame. */
const memoryOf = (states: Series<StoredStates> | undefined, clean: Series<Tensor> | undefined): Memory => ({
  id: states?.id ?? clean?.id ?? '',
  states: async step => (states ? (await states.read(step)).states : []),
  clean: step => clean!.read(step),
});

/** What all three are drawn from. */
const jobOf = ({
  params,
  inputs,
  use,
  progress,
  signal,
}: {
  readonly params: KeyframeParams;
  readonly inputs: { readonly conditioning: Conditioning; readonly latent: Tensor; readonly controls: readonly Tensor[] };
  readonly use: { readonly model: DiffusionModel };
  readonly progress: Progress;
  readonly signal: AbortSignal;
}) => ({
  model: use.model,
  conditioning: inputs.conditioning,
  frame: params.frame,
  latent: inputs.latent,
  controls: controlUses(params.controls, inputs.controls),
  onStep: counted(progress),
  signal,
});

/** Draws a shot's first frame from noise alone, for its colours. */
export const colours = step({
  name: 'colours',
  version: 4,
  stage: 'keyframes',
  resource: 'inference',
  reads: SAMPLING,
  uses: ['model'],
  params: params<KeyframeParams>(),
  inputs,
  outputs: { picture: outputs.picture },
  run: async call => ({
    picture: await drawKeyframe({
      ...jobOf(call),
      options: { sampling: samplingOf(call.options), begin: 'noise', fusion: NO_FUSIONS },
    }),
  }),
});

/** Draws a key frame that looks at no other: the first of a shot, or each where nothing ties them. */
export const anchor = step({
  name: 'anchor',
  version: 4,
  stage: 'keyframes',
  resource: 'inference',
  reads: DRAWING,
  uses: ['model'],
  params: params<KeyframeParams>(),
  inputs,
  outputs,
  run: async call => ({
    picture: await drawKeyframe({
      ...jobOf(call),
      remember: rememberIn(call.write, call.options),
      options: drawOptions(call.options, { ...NO_FUSIONS, ...tiesOf(call.options) }),
    }),
  }),
});

/** Draws a key frame behind an anchor: with its own shapes, and with the looks of the anchor and of the key frame before it. */
export const keyframe = step({
  name: 'keyframe',
  version: 4,
  stage: 'keyframes',
  resource: 'inference',
  reads: [...DRAWING, ...FUSIONS],
  uses: ['model'],
  params: params<KeyframeParams>(),
  inputs: {
    ...inputs,
    /** The anchor's picture, motion to it, and what it left; motion and memories only where a fusion reads them. */
    anchor: one(picturePort),
    anchorMotion: maybe(motionPort),
    anchorStates: maybe(statesPort),
    anchorClean: maybe(cleanPort),
    /** The key frame before it, where that is not the anchor. */
    previous: maybe(picturePort),
    previousMotion: maybe(motionPort),
    /** States of the key frame that it attends to beside the anchor, from the first update on. */
    previousStates: maybe(statesPort),
    /** Clean latents of the picture whose colours it takes, where that is not the anchor. */
    coloursClean: maybe(cleanPort),
  },
  outputs,
  ahead: { needs: ['anchorMotion', 'previousMotion'], beside: true },
  run: async call => {
    const { inputs, options } = call;
    const anchor = { result: inputs.anchor, motion: inputs.anchorMotion };
    const links: Links = {
      anchor,
      previous: inputs.previous ? { result: inputs.previous, motion: inputs.previousMotion } : anchor,
      anchorMemory: memoryOf(inputs.anchorStates, inputs.anchorClean),
      statesMemory: memoryOf(inputs.previousStates ?? inputs.anchorStates, undefined),
      ...(inputs.coloursClean && { coloursMemory: memoryOf(undefined, inputs.coloursClean) }),
    };
    return {
      picture: await drawKeyframe({
        ...jobOf(call),
        links,
        remember: rememberIn(call.write, options),
        options: drawOptions(options, fusionsOf(options)),
      }),
    };
  },
});
