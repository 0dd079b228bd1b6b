// Opens the model of a run and draws its key frames with it.
import type { Options } from '../config/options.ts';
import type { Frame, Picture } from '../media/frame.ts';
import type { ModelInfo } from '../models/diffusion-model.ts';
import { openFlow } from '../stages/flow/flow.ts';
import { tileImage } from '../stages/keyframes/control.ts';
import { drawKeyframe, type KeyframeJob } from '../stages/keyframes/draw.ts';
import type { DrawOptions } from '../stages/keyframes/settings.ts';
import { planSteps, type StepPlan } from '../stages/keyframes/work.ts';
import { openVision } from '../stages/vision/vision.ts';
import { hintsOf } from './control-hints.ts';
import type { Controls } from './controls.ts';
import { drawOptions } from './draw-options.ts';
import type { Listener } from './events.ts';
import { openModel } from './open-model.ts';
import type { Size } from './source.ts';

export type Painter = {
  readonly info: ModelInfo;
  /** `cpu`, `cuda`, `webgpu` ... */
  readonly device: string;
  /** The device, and why those before it were refused. */
  readonly deviceText: string;
  /** Which steps a key frame runs, and what happens at each. */
  readonly plan: StepPlan;
  /** Draws a key frame; `onStep` is called after each denoising step. */
  draw(job: KeyframeJob, signal: AbortSignal, onStep?: () => void): Promise<Picture>;
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

/**
 * Opens model and device. No weights are read before the first key frame is drawn.
 * @throws when the model or the device cannot be had, each naming what and where
 */
export const openPainter = async ({ options, model: folder, controls, emit }: PainterOptions): Promise<Painter> => {
  const { model, runtime, device, deviceText, prompts, close } = await openModel({
    options,
    model: folder,
    controls: controls.map(c => c.folder),
    emit,
  });
  const vision = openVision();
  const flow = openFlow({ workers: 2 }); // to the anchor and to the key frame before
  const closeAll = async () => {
    await Promise.all([close(), vision.close(), flow.close(), ...controls.map(({ pictures }) => pictures?.close())]);
  };
  const hints = await hintsOf(controls, { vision, runtime, canny: { low: options.cannyLow, high: options.cannyHigh } }).catch(
    async error => {
      await closeAll();
      throw error;
    },
  );
  const drawing = drawOptions(options, controls, hints);
  const draw = async (job: KeyframeJob, options: DrawOptions, signal: AbortSignal, onStep?: () => void): Promise<Picture> =>
    drawKeyframe(job, { model, vision, flow, conditioning: await prompts(signal), options, onStep }, signal);
  return {
    info: model.info,
    device,
    deviceText,
    plan: planSteps(drawing, model.steps(options.steps, options.sampler).length),
    draw: (job, signal, onStep) => draw(job, drawing, signal, onStep),
    measure: async (size, signal) => {
      const frame: Frame = { ...size, data: new Uint8Array(size.width * size.height * 3).fill(128), index: 0, time: 0 };
      const grey = drawing.controls.map(control => ({ ...control, image: tileImage })); // the user's pictures are not for this frame
      const stamps: number[] = []; // seconds at which steps ended
      const drawn = async (steps: number): Promise<number> => {
        stamps.length = 0;
        const begin = performance.now();
        const onStep = (): void => void stamps.push((performance.now() - begin) / 1000);
        await draw({ frame }, { ...drawing, controls: grey, begin: 0, steps }, signal, onStep);
        return (performance.now() - begin) / 1000;
      };
      await drawn(1); // opens the sessions
      const whole = await drawn(3);
      const [first = 0, , last = 0] = stamps;
      const secondsPerStep = (last - first) / 2;
      return {
        secondsPerStep,
        secondsPerPicture: Math.max(0, whole - 3 * secondsPerStep),
        memory: process.resourceUsage().maxRSS * 1024,
      };
    },
    close: closeAll,
  };
};
