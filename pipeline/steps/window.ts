// Draws with a video model: windows of a clip, or a clip from the prompt alone; and decodes what was drawn.
import { firstStep } from '../../models/samplers/schedule.ts';
import { decodeFrames, drawClip, drawWindow } from '../../stages/windows/draw.ts';
import { maybe, one, type Progress, params } from '../graph/step.ts';
import { withCheckpoint } from './checkpoint.ts';
import { conditioningPort, latentsPort, picturesPort } from './ports.ts';
import { BEGINNING, SAMPLING, samplingOf } from './sampling.ts';
import { step } from './step.ts';

/** Draws a window of the clip from its frames. */
export const window = step({
  name: 'window',
  version: 3,
  stage: 'windows',
  resource: 'inference',
  reads: [...SAMPLING, ...BEGINNING],
  uses: ['clip', 'model'],
  params: params<{
    readonly first: number;
    readonly last: number;
    /** How many frames it shares with the window before, and the overlap that was asked for; absent where it has none. */
    readonly carry?: { readonly shared: number; readonly overlap: number } | undefined;
  }>(),
  inputs: { conditioning: one(conditioningPort), before: maybe(latentsPort) },
  outputs: { latents: { port: latentsPort, keep: 'cache' } },
  run: async ({ params: { first, last, carry }, inputs, options, use: { clip, model }, progress, checkpoint, signal }) => {
    const before = inputs.before && carry && { latents: inputs.before, ...carry };
    const { steps, strength, strengthSteps } = options;
    const drawing = { model, conditioning: inputs.conditioning, sampling: { ...samplingOf(options), strengthSteps } };
    const frames = await clip.range(first, last);
    const earlier = firstStep(steps, strength, strengthSteps); // steps of the schedule that are not run
    const count: Progress = (done, total, look) => progress(done - earlier, total, look);
    const draw = withCheckpoint(checkpoint, count, steps => drawWindow(frames, before, strength, drawing, signal, steps));
    return { latents: await draw };
  },
});

/** Draws a clip from the prompt alone. */
export const clip = step({
  name: 'clip',
  version: 3,
  stage: 'windows',
  resource: 'inference',
  reads: SAMPLING,
  uses: ['model'],
  params: params<{
    /** Of the latents, [1, c, f, h, w]. */
    readonly dims: readonly number[];
  }>(),
  inputs: { conditioning: one(conditioningPort) },
  outputs: { latents: { port: latentsPort, keep: 'cache' } },
  run: async ({ params: { dims }, inputs: { conditioning }, options, use: { model }, progress, checkpoint, signal }) => {
    const drawing = { model, conditioning, sampling: samplingOf(options) };
    return { latents: await withCheckpoint(checkpoint, progress, steps => drawClip(dims, drawing, signal, steps)) };
  },
});

/** Decodes some frames of drawn latents: the first..last of them. */
export const decoded = step({
  name: 'decoded',
  version: 3,
  resource: 'inference',
  reads: [],
  uses: ['model'],
  params: params<{ readonly first: number; readonly last: number }>(),
  inputs: { latents: one(latentsPort) },
  outputs: { pictures: { port: picturesPort, keep: 'run' } },
  run: async ({ params, inputs: { latents }, use: { model }, signal }) => ({
    pictures: await decodeFrames(latents, params, model, signal),
  }),
});
