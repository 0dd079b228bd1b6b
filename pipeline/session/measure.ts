// Learns what drawing costs here, on grey frames: for plans that say how long a run will take.
import type { Frame } from '../../media/frame.ts';
import type { Size } from '../../media/size.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import { drawKeyframe } from '../../stages/keyframes/draw.ts';
import { toControlImage, toImage } from '../../stages/keyframes/pixels.ts';
import { decodeFrames, drawClip } from '../../stages/windows/draw.ts';
import { readPrompts } from '../steps/encode.ts';
import { NO_FUSIONS } from '../steps/fusions.ts';
import { samplingOf } from '../steps/sampling.ts';
import type { DrawingOptions } from '../strategies/strategy.ts';
import { controlFacts } from './controls.ts';
import type { OpenedModel } from './open-model.ts';

/** What drawing costs on this machine. */
export type Measured = {
  /** Wall seconds until sessions are open and prompts are read. */
  readonly start: number;
  /** Wall seconds of a denoising step, ControlNets and guidance pair included; of a video model a step of a whole window. */
  readonly secondsPerStep: number;
  /** Wall seconds of the rest of a picture: encoding and decoding. */
  readonly secondsPerPicture: number;
  /** Bytes that the process held at its peak while drawing. */
  readonly memory: number;
};

/** Each step measured is one of those that nothing is saved of. */
const WHOLE_STEPS = { guidanceWindow: {}, wholeEvery: 1 } as const;

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

const greyFrame = (size: Size): Frame => ({
  ...size,
  data: new Uint8Array(size.width * size.height * 3).fill(128),
  index: 0,
  time: 0,
});

type Drawing = {
  readonly options: DrawingOptions;
  readonly opened: OpenedModel;
  readonly size: Size;
  /** Frames of a video model's longest window; absent where key frames are drawn. */
  readonly window?: number | undefined;
  readonly signal: AbortSignal;
};

type Trial = Drawing & { readonly conditioning: Conditioning };

const measureKeyframes = async ({ options, opened, size, conditioning, signal }: Trial) => {
  const { model, controls } = opened;
  const frame = greyFrame(size); // stands for the user's pictures, too: they are not for this frame
  const image = toControlImage(frame);
  const stamps: number[] = []; // seconds at which steps ended
  const draw = (steps: number): Promise<number> => {
    stamps.length = 0;
    const begin = performance.now();
    return secondsOf(async () =>
      drawKeyframe({
        model,
        conditioning,
        frame: 0,
        latent: await model.encodeImage(toImage(frame), { signal }),
        controls: controlFacts(options, controls).map(({ scale, guess, start, end }) => ({ scale, guess, start, end, image })),
        options: { sampling: { ...samplingOf(options), ...WHOLE_STEPS, steps }, begin: 0, fusion: NO_FUSIONS },
        onStep: () => void stamps.push((performance.now() - begin) / 1000),
        signal,
      }),
    );
  };
  const cold = await draw(1); // opens the sessions
  const whole = await draw(3);
  const [first = 0, , last = 0] = stamps;
  const secondsPerStep = (last - first) / 2;
  const secondsPerPicture = Math.max(0, whole - 3 * secondsPerStep);
  return { start: Math.max(0, cold - secondsPerStep - secondsPerPicture), secondsPerStep, secondsPerPicture };
};

const measureWindows = async ({ options, opened: { model }, size, window = 1, conditioning, signal }: Trial) => {
  const { factor, latentChannels } = model.info;
  const dims = [1, latentChannels, window, size.height / factor, size.width / factor];
  const sampling = { ...samplingOf(options), ...WHOLE_STEPS, steps: 1 };
  const draw = () => secondsOf(() => drawClip(dims, { model, conditioning, sampling }, signal));
  const cold = await draw(); // opens the session
  const secondsPerStep = await draw();
  const codec = async () => {
    const latent = await model.encodeImage(toImage(greyFrame(size)), { signal });
    const { dims, data } = latent; // [1, c, h, w] -> [1, c, 1, h, w]
    return decodeFrames({ dims: [dims[0]!, dims[1]!, 1, dims[2]!, dims[3]!], data }, { first: 0, last: 0 }, model, signal);
  };
  await codec();
  return { start: Math.max(0, cold - secondsPerStep), secondsPerStep, secondsPerPicture: await secondsOf(codec) };
};

/** Draws grey frames a few times, as a plan would draw those of the clip. */
export const measureDrawing = async (drawing: Drawing): Promise<Measured> => {
  const { options, opened, window, signal } = drawing;
  const begin = performance.now();
  const { conditioning } = await readPrompts(opened.model, options, signal);
  await opened.model.release('text');
  const reading = (performance.now() - begin) / 1000;
  const costs = await (window === undefined ? measureKeyframes : measureWindows)({ ...drawing, conditioning });
  return { ...costs, start: costs.start + reading, memory: process.resourceUsage().maxRSS * 1024 };
};
