// What the encode step does, known before a frame is drawn: container, encoder, size, and what becomes of every stream of the source.
import { UsageError } from '../config/errors.ts';
import { isPartial } from './beside.ts';
import { type Container, containerOf } from './containers.ts';
import type { EncodeOptions } from './encode.ts';
import { FfmpegError } from './errors.ts';
import { planStream, type StreamPlan, streamWarning } from './side-streams.ts';
import { outputSize } from './size.ts';

/** What encoding into a file would do. */
export type EncodePlan = {
  readonly container: Container;
  /** ffmpeg's name of the video encoder. */
  readonly encoder: string;
  readonly size: { readonly width: number; readonly height: number };
  /** Every stream of the source but the picture. */
  readonly streams: readonly StreamPlan[];
  /** What differs from the source, a sentence each. */
  readonly warnings: readonly string[];
};

/** What of the encoder's options the plan depends on. */
export type PlanOptions = Omit<EncodeOptions, 'times' | 'lastFrame' | 'sideCopy' | 'overwrite' | 'plan'>;

const encoderName = ({ codec, ffmpeg }: PlanOptions, candidates: readonly string[], warn: (message: string) => void): string => {
  if (codec !== undefined) {
    if (ffmpeg.encoders.has(codec)) return codec;
    throw new UsageError(`--codec ${codec} is no encoder of this ffmpeg (${ffmpeg.ffmpeg.path}): \`ffmpeg -encoders\` lists them.`);
  }
  const found = candidates.find(name => ffmpeg.encoders.has(name));
  if (found === undefined)
    throw new FfmpegError(
      `this ffmpeg (${ffmpeg.ffmpeg.path}) has none of the encoders ${candidates.join(', ')}: use a full build, or another container`,
      '',
      '',
    );
  if (found !== candidates[0]) warn(`this ffmpeg has no encoder ${candidates[0]}; ${found} is used`);
  return found;
};

/**
 * Plans the encoding of frames into `output`, whose ending names the container; nothing is opened or run.
 * @throws UsageError for an unknown container or codec, FfmpegError where this ffmpeg has no encoder for the container
 */
export const encodePlan = (output: string, options: PlanOptions): EncodePlan => {
  const { ffmpeg, source, width, height, audio } = options;
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const container = containerOf(output);
  const encoder = encoderName(options, container.video, warn);
  const multiple = encoder === 'gif' || /^(libvpx|libaom)/.test(encoder) ? 1 : 2;
  const size = outputSize(source ?? { width, height }, options.outputSize ?? {}, multiple, warn);
  const partial = isPartial(options.range);
  const streams = (source?.streams ?? []).map(stream => planStream(stream, container, ffmpeg, { audio, partial }));
  return { container, encoder, size, streams, warnings: [...warnings, ...streamWarnings(streams)] };
};

export const streamWarnings = (streams: readonly StreamPlan[]): string[] =>
  streams.filter(({ what, quiet }) => what !== 'copied' && !quiet).map(streamWarning);
