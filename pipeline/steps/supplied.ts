// Pictures of the user's among the key frames: the picture as it is, and what key frames that look at it read.

import { toImage } from '../../stages/keyframes/pixels.ts';
import { recordPicture } from '../../stages/keyframes/record.ts';
import { many, maybe, one, params } from '../graph/step.ts';
import { type ControlParams, controlUses } from './controlled.ts';
import { NO_FUSIONS, STATES, tiesOf } from './fusions.ts';
import { DRAWING, drawOptions, rememberIn } from './keyframe-options.ts';
import { cleanPort, conditioningPort, controlImagePort, latentPort, picturePort, statesPort } from './ports.ts';
import { step } from './step.ts';

/** A picture of the user's at the drawn size. `digest` is that of its file. */
export const supplied = step({
  name: 'supplied',
  version: 1,
  stage: 'keyframes',
  resource: 'inference', // key frames wait for it: no interval between others stands before it
  reads: [],
  uses: ['supplied'],
  params: params<{
    readonly digest: string;
    readonly size: { readonly width: number; readonly height: number };
    /** Cut around its middle in place of being stretched. */
    readonly cut: boolean;
  }>(),
  inputs: {},
  outputs: { picture: { port: picturePort, keep: 'cache' } },
  run: async ({ params: { digest, size, cut }, use: { supplied } }) => ({ picture: await supplied.at(digest, size, cut) }),
});

/** Looks at a picture of the user's as key frames behind it will: it leaves what a drawn one leaves. */
export const recorded = step({
  name: 'recorded',
  version: 1,
  stage: 'keyframes',
  resource: 'inference',
  reads: DRAWING,
  uses: ['model'],
  params: params<{
    /** Number of the frame in whose place the picture stands; absent where it is no frame. */
    readonly frame?: number | undefined;
    readonly controls: readonly ControlParams[];
  }>(),
  inputs: {
    conditioning: one(conditioningPort),
    picture: one(picturePort),
    /** The frame's latent, where the picture's noise is to lead from it. */
    source: maybe(latentPort),
    controls: many(controlImagePort),
  },
  outputs: {
    states: { port: statesPort, keep: 'readers', reads: STATES },
    clean: { port: cleanPort, keep: 'readers', reads: STATES },
  },
  run: async ({ params: { frame, controls }, inputs, options, use: { model }, write, progress, signal }) => {
    let done = 0;
    await recordPicture({
      model,
      conditioning: inputs.conditioning,
      latent: await model.encodeImage(toImage(inputs.picture), { signal }),
      frame,
      source: inputs.source,
      controls: controlUses(controls, inputs.controls),
      options: drawOptions(options, { ...NO_FUSIONS, ...tiesOf(options) }),
      remember: rememberIn(write, options),
      onStep: () => progress(++done),
      signal,
    });
    return {};
  },
});
