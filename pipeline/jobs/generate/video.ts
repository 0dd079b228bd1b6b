// Text to video: a clip from the prompt alone, drawn by a model of clips as a whole and decoded frame by frame.
import { UsageError } from '../../../config/errors.ts';
import { freeuText } from '../../../config/freeu.ts';
import { GENERATE_DEFAULTS } from '../../../config/generate-defaults.ts';
import type { Settled } from '../../../config/layers.ts';
import type { Options } from '../../../config/options.ts';
import { type Encoder, openEncoder } from '../../../media/encode.ts';
import { encodePlan } from '../../../media/encode-plan.ts';
import { proveEncodePlan } from '../../../media/encode-trial.ts';
import { findFfmpeg } from '../../../media/ffmpeg.ts';
import { isSequence, openPictureSequence } from '../../../media/picture-sequence.ts';
import type { Size } from '../../../media/size.ts';
import type { Listener, RunResult } from '../../events.ts';
import { checkOutput } from '../../session/output.ts';
import type { Scope } from '../../session/scope.ts';
import { openWorkshop } from '../../session/workshop.ts';
import { factsOf } from '../../session.ts';
import { planClip } from '../../strategies/prompt.ts';
import type { DrawingOptions } from '../../strategies/strategy.ts';
import { denoisingEvents } from '../denoising.ts';
import { commentOf, drawnFurther } from '../metadata.ts';
import { forcedBy, stageHooks } from '../progress.ts';
import { stageClock } from '../run-times.ts';
import { drawnSize, withPrompt } from './request.ts';

/** Frames that the options ask for. @throws UsageError for a range that does not begin at 0 */
const frameCount = ({ frames }: Options): number => {
  if (!frames) return GENERATE_DEFAULTS.frames;
  const [first, last] = frames;
  if (first !== 0) throw new UsageError(`--frames says how many frames are drawn, e.g. --frames 16; got ${first}-${last}.`);
  return last + 1;
};

type Clip = {
  readonly options: DrawingOptions;
  readonly size: Size;
  readonly frames: number;
  readonly signal: AbortSignal;
};

const openOutput = async (output: string, { options, size, frames, signal }: Clip, emit: Listener): Promise<Encoder> => {
  if (isSequence(output)) return openPictureSequence(output, { overwrite: options.overwrite });
  const { style, negativePrompt, seed, steps, cfgScale, freeu, fps, crf, codec, encoderPreset, ffmpegArgs, overwrite } = options;
  const words = {
    prompt: style,
    negativePrompt,
    seed,
    steps,
    cfgScale,
    freeu: freeuText(freeu),
    ...drawnFurther(options),
    ...size,
    frames,
  };
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
    ...(options.metadata && { tags: commentOf(words) }),
    overwrite,
    plan,
    warn,
  });
};

/** Draws a clip from a prompt. No clip is left under the output's name when it is aborted. */
export const generateClip = async ({ options: settled }: Settled, scope: Scope, emit: Listener): Promise<RunResult> => {
  const { signal } = scope;
  const options = withPrompt(settled);
  const frames = frameCount(options);
  const output = options.output ?? GENERATE_DEFAULTS.clip;
  if (!isSequence(output)) await checkOutput(output, undefined, options.overwrite);
  const workshop = await openWorkshop(scope, { options, warn: message => emit({ type: 'warning', message }) });
  const opened = await workshop.models.open(options);
  const clock = stageClock(emit);
  const size = drawnSize(options, opened.model.info.factor);
  const planned = { ...planClip(options, frames, size, factsOf(options, opened)), options };
  // First: what is wrong with the output is told before an hour of drawing.
  const encoder = await openOutput(output, { options, size, frames, signal }, emit);
  try {
    const stages = stageHooks(
      clock,
      planned.plan.nodes.filter(({ step }) => step === 'clip'),
    );
    const denoising = denoisingEvents(emit, opened);
    const wanted = planned.parts.map(({ pictures }) => pictures);
    const run = await scope.use(
      workshop.run(planned, [planned.latents, ...wanted], {
        ...stages,
        forced: forcedBy(options.force),
        onProgress: (node, done, total, look) => {
          stages.onProgress(node, done, total);
          denoising(node, done, look);
        },
      }),
    );
    for (const [index, ref] of wanted.entries()) {
      const [picture] = await run.value(ref);
      if (index === 0) clock.start('encode');
      await encoder.write({ ...picture!, index, time: index / options.fps });
      clock.progress('encode', index + 1, frames, 'frames');
    }
    await run.finished;
    await encoder.finish();
    await run.release(wanted);
  } catch (error) {
    await encoder.abort();
    throw error;
  }
  clock.done('encode');
  const { seed } = options;
  const result: RunResult = {
    kind: 'clip',
    output,
    frames,
    keyframes: 0,
    windows: 1,
    shots: 1,
    seed,
    device: opened.device,
    seconds: clock.seconds(),
  };
  emit({ type: 'result', result });
  return result;
};
