// Opens a model of clips and draws with it: windows of a source, or clips from a prompt alone.
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import type { ModelInfo } from '../../models/diffusion-model.ts';
import type { Tensor } from '../../models/tensor.ts';
import {
  type Before,
  type ClipDrawing,
  type ClipOptions,
  type ClipSteps,
  decodeFrames,
  drawClip,
  drawWindow,
} from '../../stages/windows/draw.ts';
import type { Listener } from '../events.ts';
import { freeuOf, openModel } from '../open-model.ts';
import type { Measured } from '../painter.ts';
import type { Size } from '../source.ts';

export type ClipPainter = {
  readonly info: ModelInfo;
  /** `cpu`, `cuda`, `webgpu` ... */
  readonly device: string;
  /** The device, and why those before it were refused. */
  readonly deviceText: string;
  /** Draws a window of a source: latents. */
  window(frames: readonly Frame[], before: Before | undefined, signal: AbortSignal, steps: ClipSteps): Promise<Tensor>;
  /** Draws a clip of so many frames from the prompt: latents. */
  clip(size: Size, frames: number, signal: AbortSignal, steps: ClipSteps): Promise<Tensor>;
  /** The pictures of the frames first..last of drawn latents. */
  pictures(latents: Tensor, range: { readonly first: number; readonly last: number }, signal: AbortSignal): Promise<Picture[]>;
  /** Draws grey frames a few times to learn what drawing costs here. `secondsPerPicture` is that of one frame. */
  measure(size: Size, frames: number, signal: AbortSignal): Promise<Measured>;
  close(): Promise<void>;
};

export type ClipPainterOptions = {
  readonly options: Options & { readonly style: string };
  readonly model: string;
  readonly emit: Listener;
};

const clipOptions = (options: Options): ClipOptions => ({
  seed: options.seed,
  steps: options.steps,
  sampler: options.sampler,
  guidance: options.cfgScale,
  freeu: freeuOf(options),
});

/**
 * Opens model and device. No weights are read before the first frame is drawn.
 * @throws UsageError for options that a model of clips has no use for; what opening the model or the device throws
 */
export const openClipPainter = async ({ options, model: folder, emit }: ClipPainterOptions): Promise<ClipPainter> => {
  const { model, device, deviceText, prompts, close } = await openModel({ options, model: folder, controls: [], emit });
  const unfit =
    model.info.kind !== 'video'
      ? `The model ${folder} draws pictures, not clips: name one with UNet3DConditionModel, such as ModelScope's, with --model.`
      : undefined;
  if (unfit !== undefined) {
    await close();
    throw new UsageError(unfit);
  }
  const drawing = async (signal: AbortSignal, changed: Partial<ClipOptions> = {}): Promise<ClipDrawing> => ({
    model,
    conditioning: await prompts(signal),
    options: { ...clipOptions(options), ...changed },
  });
  const latentDims = ({ width, height }: Size, frames: number): number[] => {
    const { latentChannels, factor } = model.info;
    return [1, latentChannels, frames, height / factor, width / factor];
  };

  return {
    info: model.info,
    device,
    deviceText,
    window: async (frames, before, signal, steps) => drawWindow(frames, before, options.strength, await drawing(signal), signal, steps),
    clip: async (size, frames, signal, steps) => drawClip(latentDims(size, frames), await drawing(signal), signal, steps),
    pictures: (latents, range, signal) => decodeFrames(latents, range, model, signal),
    measure: async (size, frames, signal) => {
      const seconds = async (work: () => Promise<unknown>): Promise<number> => {
        const begin = performance.now();
        await work();
        return (performance.now() - begin) / 1000;
      };
      const draw = async (steps: number) => drawClip(latentDims(size, frames), await drawing(signal, { steps }), signal);
      await draw(1); // opens the session
      const secondsPerStep = await seconds(() => draw(1));
      const grey: Frame = { ...size, data: new Uint8Array(size.width * size.height * 3).fill(128), index: 0, time: 0 };
      const codec = async () => {
        const latents = await drawWindow([grey], undefined, 0, await drawing(signal), signal);
        return decodeFrames(latents, { first: 0, last: 0 }, model, signal);
      };
      await codec();
      const secondsPerPicture = await seconds(codec);
      return { secondsPerStep, secondsPerPicture, memory: process.resourceUsage().maxRSS * 1024 };
    },
    close,
  };
};
