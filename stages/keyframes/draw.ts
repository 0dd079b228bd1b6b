// Draws one key frame of a clip from its latent: noise and what the fusions need of earlier key frames, then the drawing itself.
import type { Picture } from '../../media/frame.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { ControlUse } from '../../models/denoise/control-residuals.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Flow } from '../flow/flow.ts';
import { resizeFlow } from '../flow/grid.ts';
import type { Memory, Remember } from './memory.ts';
import { type Others, paintKeyframe } from './paint.ts';
import { toImage, toPicture } from './pixels.ts';
import { type Relation, relate } from './relation.ts';
import type { DrawOptions } from './settings.ts';

/** Motion from a frame to another and back: interleaved x, y in pixels, at the frames' size. */
export type KeyframeMotion = { readonly forward: Float32Array; readonly backward: Float32Array };

/** Motion between two key frames, as fine as it is known. */
export const keyframeMotion = async (from: Picture, to: Picture, flow: Flow, signal: AbortSignal): Promise<KeyframeMotion> => {
  const pair = await flow.pair(from, to, { detail: 'fine', signal });
  return { forward: resizeFlow(pair.forward, pair, from), backward: resizeFlow(pair.backward, pair, from) };
};

/** A key frame that was drawn before, and the motion from the present one to it where a fusion follows it. */
export type Drawn = { readonly result: Picture; readonly motion: KeyframeMotion | undefined };

/** What a key frame looks at: the anchor, the key frame before it (the anchor itself for the first behind it), and what they left. */
export type Links = {
  readonly anchor: Drawn;
  readonly previous: Drawn;
  readonly anchorMemory: Memory;
  readonly statesMemory: Memory;
  /** Of whom AdaIN takes the colours; absent where that is the anchor. */
  readonly coloursMemory?: Memory | undefined;
};

/** A key frame that is to be drawn: its frame, and how it hangs together with others. */
export type KeyframeJob = {
  readonly model: DiffusionModel;
  /** Of [negative prompt, prompt]. */
  readonly conditioning: Conditioning;
  /** Number of the frame in the clip. */
  readonly frame: number;
  /** The encoded frame, [1, c, h, w]. */
  readonly latent: Tensor;
  /** In the order of the model's ControlNets. */
  readonly controls: readonly ControlUse[];
  /** Absent for the first key frame of a shot. */
  readonly links?: Links | undefined;
  readonly remember?: Remember | undefined;
  readonly options: DrawOptions;
  /** Called after each denoising step with the predicted clean latent. */
  readonly onStep?: ((denoised: Tensor) => void) | undefined;
  readonly signal: AbortSignal;
};

const neighbour = ({ result, motion }: Drawn) => motion && { image: toImage(result), flow: motion.forward, back: motion.backward };

const relationOf = ({ anchor, previous }: Links, factor: number): Relation | undefined => {
  const first = neighbour(anchor);
  const last = previous === anchor ? first : neighbour(previous);
  return first && last && relate(first, last, factor);
};

/**
 * Draws a key frame.
 * Every key frame starts from the same noise (as Rerender A Video does): what differs between two of them is then what differs between
 * their frames; with `startNoise: 'own'` each has noise of its own. Noise depends on seed, purpose, step, size and the frame's number
 * alone, so a key frame comes out the same whatever was drawn before it.
 * @returns a picture of the latent's size times the model's factor
 */
export const drawKeyframe = async ({
  model,
  conditioning,
  frame,
  latent,
  controls,
  links,
  remember,
  options,
  onStep,
  signal,
}: KeyframeJob): Promise<Picture> => {
  const { sampling, begin, span, startNoise, fusion } = options;
  const { seed, steps, sampler, guidance, guidanceRescale, guidanceBands, guidanceWindow, wholeEvery, freeu } = sampling;
  const { dims } = latent;
  const start = gaussian({ seed, purpose: 'keyframe', ...(startNoise === 'own' && { frame }) }, dims);
  const others: Others | undefined = links && {
    relation: relationOf(links, model.info.factor),
    anchor: links.anchorMemory,
    previous: links.statesMemory,
    colours: links.coloursMemory,
  };
  const { image } = await paintKeyframe({
    model,
    conditioning,
    latent,
    noise: {
      start,
      inject: start,
      mix: ({ index }) => gaussian({ seed, purpose: 'keyframe mix', step: index }, dims),
      step: ({ index }) => gaussian({ seed, purpose: 'step', step: index }, dims),
    },
    options: {
      steps,
      sampler,
      begin,
      span,
      guidance,
      ...(guidanceRescale && { guidanceRescale }),
      ...(guidanceBands && { guidanceBands }),
      ...(guidanceWindow && { guidanceWindow }),
      ...(wholeEvery && { wholeEvery }),
      freeu,
      controls,
      fusion,
    },
    others,
    remember,
    onStep: (_pass, _step, _x, denoised) => onStep?.(denoised),
    signal,
  });
  return toPicture(image);
};
