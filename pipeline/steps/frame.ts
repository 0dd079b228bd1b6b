// What is drawn after: a frame of the clip, one with the colours of another picture or as it was drawn, or a picture of the user's.
import { shadesOfGrey } from '../../media/luma.ts';
import { transferColours } from '../../stages/keyframes/colour-transfer.ts';
import { maybe, one, params } from '../graph/step.ts';
import { framePort, picturePort } from './ports.ts';
import { step } from './step.ts';

const outputs = { frame: { port: framePort, keep: 'memory' } } as const;

/** A frame of the clip, by its number. */
export const frame = step({
  name: 'frame',
  version: 1,
  resource: 'cpu',
  reads: [],
  uses: ['clip'],
  params: params<{ readonly frame: number }>(),
  inputs: {},
  outputs,
  run: async ({ params, use: { clip } }) => ({ frame: await clip.frame(params.frame) }),
});

/** A frame with the colours of a drawn picture: Rerender's `color_preserve=false`. */
export const recolour = step({
  name: 'recolour',
  version: 1,
  resource: 'cpu',
  reads: [],
  uses: ['vision'],
  params: params(),
  inputs: { frame: one(framePort), colours: one(picturePort) },
  outputs,
  run: async ({ inputs: { frame, colours }, use: { vision }, signal }) => ({
    frame: { ...frame, ...(await transferColours(frame, colours, vision, signal)) },
  }),
});

/** A frame as it was drawn, or a picture that was drawn from words: what a second style is drawn over. */
export const drawnFrame = step({
  name: 'drawn-frame',
  version: 1,
  resource: 'cpu',
  reads: [],
  uses: [],
  params: params(),
  inputs: { frame: maybe(framePort), picture: one(picturePort) },
  outputs,
  run: async ({ inputs: { frame = { index: 0, time: 0 }, picture } }) => ({ frame: { ...frame, ...picture } }),
});

/** The same without its colours. */
export const greyFrame = step({
  name: 'grey-frame',
  version: 1,
  resource: 'cpu',
  reads: [],
  uses: [],
  params: params(),
  inputs: { frame: one(framePort) },
  outputs,
  run: async ({ inputs: { frame } }) => ({ frame: { ...frame, ...shadesOfGrey(frame) } }),
});

/** A picture that the user brings, cut to the drawn size. `digest` is that of its file. */
export const image = step({
  name: 'image',
  version: 1,
  resource: 'cpu',
  reads: [],
  uses: ['images'],
  params: params<{
    readonly image: 'init' | 'control';
    readonly digest: string | undefined;
    readonly size: { readonly width: number; readonly height: number };
  }>(),
  inputs: {},
  outputs,
  run: async ({ params, use: { images } }) => ({ frame: await images.at(params.image, params.size) }),
});
