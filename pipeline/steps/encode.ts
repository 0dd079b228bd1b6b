// What the networks are fed with: the prompts, a frame's latent, its control images.
import type { Options } from '../../config/options.ts';
import { parseSizeIds } from '../../config/size-ids.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { edgesToControlImage, toImage } from '../../stages/keyframes/pixels.ts';
import { one, params } from '../graph/step.ts';
import { conditioningPort, controlImagePort, framePort, latentPort } from './ports.ts';
import { step } from './step.ts';

/** The options that say what the text encoders read. */
const TEXT = ['style', 'negativePrompt', 'clipSkip', 'originalSize', 'cropIds'] as const;

/** The conditioning of the negative prompt, where there is one, and the prompt. */
export const readPrompts = (
  model: DiffusionModel,
  { style = '', negativePrompt, clipSkip, ...sizes }: Pick<Options, (typeof TEXT)[number]>,
  signal: AbortSignal,
) => model.encodeText([negativePrompt === '' ? undefined : negativePrompt, style], signal, { clipSkip, sizes: parseSizeIds(sizes) });

/** Both prompts as the text encoder reads them. */
export const conditioning = step({
  name: 'conditioning',
  version: 1,
  resource: 'inference',
  reads: TEXT,
  uses: ['model', 'warn'],
  params: params(),
  inputs: {},
  outputs: { conditioning: { port: conditioningPort, keep: 'memory' } },
  run: async ({ options, use: { model, warn }, signal }) => {
    const { conditioning, cut } = await readPrompts(model, options, signal);
    for (const end of cut.filter(c => c !== '')) warn(`the prompt is longer than the model reads; left out: "${end}"`);
    await model.release('text');
    return { conditioning };
  },
});

/** A frame's latent, where drawing begins. */
export const sourceLatent = step({
  name: 'source-latent',
  version: 1,
  resource: 'inference',
  reads: [],
  uses: ['model'],
  params: params(),
  inputs: { frame: one(framePort) },
  outputs: { latent: { port: latentPort, keep: 'memory' } },
  run: async ({ inputs: { frame }, use: { model }, signal }) => ({ latent: await model.encodeImage(toImage(frame), { signal }) }),
});

/** Canny edges of a frame, white on black. */
export const canny = step({
  name: 'canny',
  version: 1,
  resource: 'cpu',
  reads: ['cannyLow', 'cannyHigh'],
  uses: ['vision'],
  params: params(),
  inputs: { frame: one(framePort) },
  outputs: { image: { port: controlImagePort, keep: 'memory' } },
  run: async ({ inputs: { frame }, options: { cannyLow, cannyHigh }, use: { vision }, signal }) => ({
    image: edgesToControlImage(await vision.canny(frame, cannyLow, cannyHigh, signal)),
  }),
});

/** A control image that no option makes: the frame itself, the user's picture for it, or its edges as a network sees them. */
export const controlImage = step({
  name: 'control-image',
  version: 1,
  resource: 'inference',
  reads: [],
  uses: ['controls'],
  params: params<{
    /** Place among the ControlNets of the run. */
    readonly control: number;
    /** Digests of the user's pictures and of the annotator's weights, where there are some. */
    readonly pictures?: string | undefined;
    readonly annotator?: string | undefined;
  }>(),
  inputs: { frame: one(framePort) },
  outputs: { image: { port: controlImagePort, keep: 'memory' } },
  run: async ({ params: { control }, inputs: { frame }, use: { controls }, signal }) => ({
    image: await controls.image(control, frame, signal),
  }),
});
