// Opens the model of a run and draws its key frames with it.
import { parseEmbeddings, parseLoras } from '../config/adapters.ts';
import { UsageError } from '../config/errors.ts';
import type { FreeUStrengths } from '../config/option.ts';
import type { Options } from '../config/options.ts';
import type { Frame, Picture } from '../media/frame.ts';
import { type DiffusionModel, type ModelInfo, openDiffusionModel } from '../models/diffusion-model.ts';
import type { FreeUUse } from '../models/guided-denoiser.ts';
import type { DeviceName } from '../models/runtime/devices.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import type { Tensor } from '../models/tensor.ts';
import { type DrawOptions, drawKeyframe } from '../stages/keyframes/draw.ts';
import { openVision } from '../stages/vision/vision.ts';
import type { Controls } from './controls.ts';
import type { Listener } from './events.ts';
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

/** FreeU as the options ask for it; `auto` takes `recommended`. */
export const freeuOf = ({ freeu, freeuVersion, freeuStart, freeuEnd }: Options, recommended: FreeUStrengths): FreeUUse | undefined => {
  if (freeu === 'off') return undefined;
  const strengths = freeu === 'auto' ? recommended : freeu;
  return { ...strengths, version: freeuVersion === '1' ? 1 : 2, start: freeuStart, end: freeuEnd };
};

const drawOptions = (options: Options, controls: Controls): DrawOptions => ({
  seed: options.seed,
  steps: options.steps,
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
  const { style, negativePrompt } = options;
  const runtime = await openRuntime({
    device: options.device as DeviceName,
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const vision = openVision();
  const close = async () => {
    await Promise.all([runtime.close(), vision.close()]);
  };
  let model: DiffusionModel;
  try {
    model = await openDiffusionModel(folder, {
      runtime,
      controls: controls.map(c => c.folder),
      unet: {
        freeu: options.freeu === 'off' ? 'off' : options.freeuStages === 'blocks' ? 'block' : 'channels',
        controlOrder: options.freeuOrder === 'after-control' ? 'control-first' : 'filter-first',
      },
      loras: parseLoras(options.lora),
      embeddings: parseEmbeddings(options.embedding),
    });
    for (const message of model.info.warnings) emit({ type: 'warning', message });
    if (options.sizeMultiple % model.info.factor !== 0) {
      throw new UsageError(`--size-multiple must be a multiple of ${model.info.factor} for this model; got ${options.sizeMultiple}.`);
    }
  } catch (error) {
    await close();
    throw error;
  }

  let text: Promise<Tensor> | undefined;
  const encodePrompts = async (signal: AbortSignal): Promise<Tensor> => {
    const { states, cut } = await model.encodeText([negativePrompt, style], signal);
    for (const end of cut.filter(c => c !== ''))
      emit({ type: 'warning', message: `the prompt is longer than the model reads; left out: "${end}"` });
    await model.release('text');
    return states;
  };
  const drawing = drawOptions(options, controls);
  const draw = async (frame: Frame, options: DrawOptions, signal: AbortSignal, onStep?: () => void): Promise<Picture> => {
    text ??= encodePrompts(signal);
    return drawKeyframe(frame, { model, vision, text: await text, options, ...(onStep && { onStep }) }, signal);
  };
  return {
    info: model.info,
    device: runtime.device,
    deviceText: [runtime.device, ...runtime.refused.map(({ device, reason }) => `${device} refused: ${reason}`)].join('; '),
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
    close,
  };
};
