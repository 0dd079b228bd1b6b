// Draws one key frame of a clip: what the networks need of the frame and of the key frames that it looks at, then the drawing itself.
import type { Frame, Picture } from '../../media/frame.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/random.ts';
import type { Flow } from '../flow/flow.ts';
import { resizeFlow } from '../flow/grid.ts';
import type { Vision } from '../vision/vision.ts';
import { transferColours } from './colour-transfer.ts';
import type { Memory, Remember } from './memory.ts';
import { type Others, paintKeyframe } from './paint.ts';
import { toImage, toPicture } from './pixels.ts';
import { type Neighbour, type Relation, relate } from './relation.ts';
import type { DrawOptions } from './settings.ts';
import { needsMotion, planSteps } from './work.ts';

/** What drawing needs besides the frame. */
export type Drawing = {
  readonly model: DiffusionModel;
  readonly vision: Vision;
  readonly flow: Flow;
  /** Of [negative prompt, prompt]. */
  readonly conditioning: Conditioning;
  readonly options: DrawOptions;
  /** Called after each denoising step. */
  readonly onStep?: (() => void) | undefined;
};

/** A key frame that was drawn before: its source, and what was made of it; both of the present frame's size. */
export type Drawn = { readonly source: Picture; readonly result: Picture };

/** What a key frame looks at: the anchor, the key frame before it (the anchor itself for the first behind it), and their memories. */
export type Links = {
  readonly anchor: Drawn;
  readonly previous: Drawn;
  readonly anchorMemory: Memory;
  readonly statesMemory: Memory;
};

/** A key frame that is to be drawn: its frame, and how it hangs together with others. */
export type KeyframeJob = {
  readonly frame: Frame;
  /** Absent for the first key frame of a shot. */
  readonly links?: Links | undefined;
  readonly remember?: { readonly as: 'anchor' | 'previous'; readonly step: Remember } | undefined;
  /** A picture whose colours the frame takes on before it is drawn. */
  readonly colours?: Picture | undefined;
  /** Begins at noise alone, whatever the options say. */
  readonly fromNoise?: boolean;
};

/** Motion from the frame to an earlier key frame and back, at the frame's size. */
const neighbour = async (frame: Picture, { source, result }: Drawn, flow: Flow, signal: AbortSignal): Promise<Neighbour> => {
  const pair = await flow.pair(frame, source, { gap: 'distant', signal });
  const full = (field: Float32Array) => resizeFlow(field, pair, frame);
  return { image: toImage(result), flow: full(pair.forward), back: full(pair.backward) };
};

const relationOf = async (
  frame: Picture,
  { anchor, previous }: Links,
  { flow, model }: Drawing,
  signal: AbortSignal,
): Promise<Relation> => {
  const first = neighbour(frame, anchor, flow, signal);
  const last = previous.source === anchor.source ? first : neighbour(frame, previous, flow, signal);
  return relate(await first, await last, model.info.factor);
};

/**
 * Draws a key frame.
 * Every key frame starts from the same noise (as Rerender A Video does): what differs between two of them is then what differs between
 * their frames; with `startNoise: 'own'` each has noise of its own. Noise depends on seed, purpose, step, size and the frame's number
 * alone, so a key frame comes out the same whatever was drawn before it.
 * @returns a picture of the frame's size, whose sides are multiples of the model's factor
 */
export const drawKeyframe = async (
  { frame, links, remember, colours, fromNoise }: KeyframeJob,
  drawing: Drawing,
  signal: AbortSignal,
): Promise<Picture> => {
  const { model, vision, conditioning, options, onStep } = drawing;
  const source = colours ? await transferColours(frame, colours, vision, signal) : frame;
  const { seed, steps, sampler, begin, startNoise, guidance, freeu, fusion } = options;
  const { factor, latentChannels } = model.info;
  const dims = [1, latentChannels, frame.height / factor, frame.width / factor];
  const start = gaussian({ seed, purpose: 'keyframe', ...(startNoise === 'own' && { frame: frame.index }) }, dims);
  const controls = await Promise.all(options.controls.map(async ({ hint, ...use }) => ({ ...use, hint: await hint(source, signal) })));
  const relation = links && needsMotion(planSteps(options)) ? await relationOf(frame, links, drawing, signal) : undefined;
  const others: Others | undefined = links && { relation, anchor: links.anchorMemory, previous: links.statesMemory };
  const { image } = await paintKeyframe({
    model,
    conditioning,
    image: toImage(source),
    noise: {
      start,
      inject: start,
      mix: ({ index }) => gaussian({ seed, purpose: 'keyframe mix', step: index }, dims),
      step: ({ index }) => gaussian({ seed, purpose: 'step', step: index }, dims),
    },
    options: { steps, sampler, begin: fromNoise ? 'noise' : begin, guidance, freeu, controls, fusion },
    others,
    remember,
    onStep,
    signal,
  });
  return toPicture(image);
};
