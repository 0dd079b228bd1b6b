// Draws a picture from the prompt, or from a picture that it begins at.
import { drawPicture } from '../../stages/pictures/draw.ts';
import { many, maybe, one, params } from '../graph/step.ts';
import { type ControlParams, controlUses, counted } from './controlled.ts';
import { conditioningPort, controlImagePort, latentPort, picturePort } from './ports.ts';
import { SAMPLING, samplingOf } from './sampling.ts';
import { step } from './step.ts';

export const picture = step({
  name: 'picture',
  version: 2,
  stage: 'pictures',
  resource: 'inference',
  reads: [...SAMPLING, 'strengthSteps'],
  uses: ['model'],
  params: params<{
    readonly size: { readonly width: number; readonly height: number };
    readonly controls: readonly ControlParams[];
    /** How far from the picture that it begins at, 0 to 1; absent where it begins at noise. */
    readonly strength?: number | undefined;
  }>(),
  inputs: { conditioning: one(conditioningPort), init: maybe(latentPort), controls: many(controlImagePort) },
  outputs: { picture: { port: picturePort, keep: 'cache' } },
  run: async ({ params: { size, controls, strength }, inputs, options, use: { model }, progress, signal }) => {
    const onStep = counted(progress);
    const job = {
      size,
      sampling: { ...samplingOf(options), strengthSteps: options.strengthSteps },
      controls: controlUses(controls, inputs.controls),
      init: inputs.init && strength !== undefined ? { latent: inputs.init, strength } : undefined,
    };
    return {
      picture: await drawPicture(model, inputs.conditioning, job, { signal, onStep: ({ denoised }) => onStep(denoised) }),
    };
  },
});
