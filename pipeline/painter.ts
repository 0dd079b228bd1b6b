// Opens the model of a run and draws its key frames with it.
import type { Options } from '../config/options.ts';
import type { Frame, Picture } from '../media/frame.ts';
import type { ModelInfo } from '../models/diffusion-model.ts';
import { type DrawOptions, drawKeyframe } from '../stages/keyframes/draw.ts';
import { openVision } from '../stages/vision/vision.ts';
import type { Controls } from './controls.ts';
import type { Listener } from './events.ts';
import { freeuOf, openModel } from './open-model.ts';
import type { Size } from './source.ts';

export type Painter = {
  readonly info: ModelInfo;
  /** `cpu`, `cuda`, `webgpu` ... */
  readonly device: string;
  /** The device, and why those before it were refused. */
  readonly deviceText: string;
  /** Draws a key frame; `onStep` is called after each denoising step. */
  draw(frame: Frame, signal: AbortSignal, onStep?: () => void): Promise<Picture>;
  /** Draws a grey frame of this size a few times to learn what drawing costs here. */
  measure(size: Size, signal: AbortSignal): Promise<Measured>;
  close(): Promise<void>;
};

/** What drawing costs on this machine. */
export type Measured = {
  /** Wall seconds of a denoising step, ControlNets and guidance pair included. */
  readonly secondsPerStep: number;
  /** Wall seconds of the rest of a key frame: encoding and decoding. */
  readonly secondsPerPicture: number;
  /** Bytes that the process held at its peak while drawing. */
  readonly memory: number;
};

export type PainterOptions = {
  readonly options: Options & { readonly style: string };
  readonly model: string;
  readonly controls: Controls;
  readonly emit: Listener;
};

/** FreeU's factors where the model recommends none: those of Rerender A Video's own FreeU example. */
const DEFAULT_FREEU = { b1: 1.1, b2: 1.2, s1: 1, s2: 0.2 } as const;

const drawOptions = (options: Options, controls: Controls): DrawOptions => ({
  seed: options.seed,
  steps: options.steps,
  sampler: options.sampler,
  guidance: options.cfgScale,
  strength: options.strength,
  freeu: freeuOf(options, DEFAULT_FREEU),
  controls,
  canny: { low: options.cannyLow, high: options.cannyHigh },
});

/**
 * Opens model and device. No weights are read before the first key frame is drawn.
 * @throws when the model or the device cannot be had, each naming what and where
 */
export const openPainter = async ({ options, model: folder, controls, emit }: PainterOptions): Promise<Painter> => {
  const { model, device, deviceText, prompts, close } = await openModel({
    options,
    model: folder,
    controls: controls.map(c => c.folder),
    emit,
  });
  const vision = openVision();
  const drawing = drawOptions(options, controls);
  const draw = async (frame: Frame, options: DrawOptions, signal: AbortSignal, onStep?: () => void): Promise<Picture> => {
    return drawKeyframe(frame, { model, vision, text: await prompts(signal), options, ...(onStep && { onStep }) }, signal);
  };
  return {
    info: model.info,
    device,
    deviceText,
    draw: (frame, signal, onStep) => draw(frame, drawing, signal, onStep),
    measure: async (size, signal) => {
      const frame: Frame = { ...size, data: new Uint8Array(size.width * size.height * 3).fill(128), index: 0, time: 0 };
      const seconds = async (steps: number): Promise<number> => {
        const begin = performance.now();
        await draw(frame, { ...drawing, strength: 1, steps }, signal);
        return (performance.now() - begin) / 1000;
      };
      await seconds(1); // opens the sessions
      const one = await seconds(1);
      const secondsPerStep = Math.max(0, (await seconds(2)) - one);
      return { secondsPerStep, secondsPerPicture: Math.max(0, one - secondsPerStep), memory: process.resourceUsage().maxRSS * 1024 };
    },
    close: async () => {
      await Promise.all([close(), vision.close()]);
    },
  };
};
