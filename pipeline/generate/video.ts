// Text to video: a clip from the prompt alone, drawn by a model of clips as a whole and decoded frame by frame.
import { UsageError } from '../../config/errors.ts';
import { GENERATE_DEFAULTS } from '../../config/generate-defaults.ts';
import type { Options } from '../../config/options.ts';
import { packageVersion } from '../../config/paths.ts';
import { type Encoder, openEncoder } from '../../media/encode.ts';
import { encodePlan } from '../../media/encode-plan.ts';
import { proveEncodePlan } from '../../media/encode-trial.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { isSequence, openPictureSequence } from '../../media/picture-sequence.ts';
import type { StepState } from '../../models/samplers/sampler.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Listener, RunResult } from '../events.ts';
import { locateModel } from '../locate-model.ts';
import { checkOutput } from '../output.ts';
import { freeuText } from '../plan.ts';
import { checkRequest, optionsOf, pick } from '../request.ts';
import { type StageClock, stageClock } from '../run-times.ts';
import { withScope } from '../scope.ts';
import type { Size } from '../source.ts';
import { artifactKey } from '../store.ts';
import { DRAWING } from '../tasks.ts';
import { packTensor, unpackTensor } from '../tensors.ts';
import { VERSIONS } from '../versions.ts';
import { withCheckpoint } from '../windows/checkpoint.ts';
import { type ClipPainter, openClipPainter } from '../windows/clip-painter.ts';
import { openWorkDir, type WorkDir } from '../work-dir.ts';
import { drawnSize, type GenerateRequest, withPrompt } from './request.ts';

/** `style` is the prompt, `frames` how many are drawn. */
export type GenerateVideoRequest = GenerateRequest;

/** Frames that the options ask for. @throws UsageError for a range that does not begin at 0 */
const frameCount = ({ frames }: Options): number => {
  if (!frames) return GENERATE_DEFAULTS.frames;
  const [first, last] = frames;
  if (first !== 0) throw new UsageError(`--frames says how many frames are drawn, e.g. --frames 16; got ${first}-${last}.`);
  return last + 1;
};

type Clip = {
  readonly options: Options & { readonly style: string };
  readonly painter: ClipPainter;
  readonly size: Size;
  readonly frames: number;
  readonly work: WorkDir;
  readonly clock: StageClock;
  readonly signal: AbortSignal;
};

/** The clip's latents: those of an earlier run of the same request, or drawn now and kept, so that another container costs no drawing. */
const drawLatents = async ({ options, painter, size, frames, work, clock, signal }: Clip): Promise<Tensor> => {
  const { digest } = painter.info;
  const key = artifactKey('clips', VERSIONS.windows, { drawing: pick(options, DRAWING), digest, device: painter.device, size, frames });
  const kept = options.force === undefined ? await work.store.get(key) : undefined;
  clock.start('windows');
  const draw = (): Promise<Tensor> =>
    withCheckpoint(work.store, key, ({ resume, onStep }) => {
      const counted = async (state: StepState): Promise<void> => {
        const done = state.step.index + 1;
        clock.progress('windows', done, Math.max(done, options.steps), 'steps');
        await onStep(state);
      };
      return painter.clip(size, frames, signal, { ...(resume && { resume }), onStep: counted });
    });
  const latents = kept ? unpackTensor(kept) : await draw();
  if (!kept) await work.store.put(key, packTensor(latents));
  clock.done('windows', kept ? 1 : 0);
  return latents;
};

const openOutput = async (output: string, { options, size, frames, signal }: Clip, emit: Listener): Promise<Encoder> => {
  if (isSequence(output)) return openPictureSequence(output, { overwrite: options.overwrite });
  const { style, negativePrompt, seed, steps, cfgScale, freeu, fps, crf, codec, encoderPreset, ffmpegArgs, overwrite } = options;
  const words = { prompt: style, negativePrompt, seed, steps, cfgScale, freeu: freeuText(freeu), ...size, frames };
  const warn = (message: string): void => emit({ type: 'warning', message });
  const asked = {
    ffmpeg: await findFfmpeg({ ffmpeg: options.ffmpeg, ffprobe: options.ffprobe, stall: options.stallTimeout, env: process.env }),
    rate: fps,
    ...size,
    codec,
    crf,
    preset: encoderPreset,
    ffmpegArgs,
    audio: false,
    signal,
  };
  const plan = await proveEncodePlan(output, encodePlan(output, asked), asked);
  for (const message of plan.warnings) warn(message);
  return openEncoder(output, {
    ...asked,
    times: Array.from({ length: frames }, (_, i) => i / fps),
    ...(options.metadata && { tags: { comment: `rerender ${packageVersion()} ${JSON.stringify(words)}` } }),
    overwrite,
    plan,
    warn,
  });
};

/**
 * Draws a clip from a prompt with a model of clips (ModelScope text-to-video).
 *
 * `frames` (default 16) are drawn together, at `width` x `height` (default `size`, 256, squared; multiples of the model's factor), and shown
 * `fps` a second (default 8). `output` names a container by its ending (.mp4 .webm .gif ...), or a folder for PNGs; default `clip.mp4`.
 * The same request gives the same bytes, on one kind of device.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. No clip is left under the output's name then.
 */
export const generateVideo = (request: GenerateVideoRequest): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const emit = request.onEvent ?? (() => undefined);
    const { signal } = scope;
    checkRequest({ ...request, input: '' }, 'clips');
    const options = withPrompt(await optionsOf({ ...request, input: '' }));
    const frames = frameCount(options);
    const output = options.output ?? GENERATE_DEFAULTS.clip;
    if (!isSequence(output)) await checkOutput(output, undefined, options.overwrite);
    const work = await scope.use(openWorkDir(options, message => emit({ type: 'warning', message })));
    const painter = await scope.use(openClipPainter({ options, model: await locateModel(options.model), emit }));
    const clock = stageClock(emit);
    const size = drawnSize(options, painter.info.factor);
    const clip: Clip = { options, painter, size, frames, work, clock, signal };
    const encoder = await openOutput(output, clip, emit); // first: what is wrong with the output is told before an hour of drawing
    try {
      const latents = await drawLatents(clip);
      clock.start('encode');
      for (let index = 0; index < frames; index++) {
        const [picture] = await painter.pictures(latents, { first: index, last: index }, signal);
        await encoder.write({ ...picture!, index, time: index / options.fps });
        clock.progress('encode', index + 1, frames, 'frames');
      }
      await encoder.finish();
    } catch (error) {
      await encoder.abort();
      throw error;
    }
    clock.done('encode');
    const { seed } = options;
    const { device } = painter;
    const result: RunResult = { output, frames, keyframes: 0, windows: 1, shots: 1, seed, device, seconds: clock.seconds() };
    emit({ type: 'result', result });
    return result;
  });
