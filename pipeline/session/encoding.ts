// How a result is encoded: planned, tried and told before anything is drawn, then done so.
import type { Options } from '../../config/options.ts';
import { type EncodePlan, encodePlan, type PlanOptions } from '../../media/encode-plan.ts';
import { proveEncodePlan } from '../../media/encode-trial.ts';
import type { Source, SourceContext } from './source.ts';

/** What the encoder gets beside the frames. */
export const encodingOptions = (options: Options, source: Source, { signal, warn }: SourceContext): PlanOptions => ({
  ffmpeg: source.ffmpeg,
  source: source.info,
  ...source.size,
  range: { start: options.start, end: options.end, duration: options.duration, frames: options.frames },
  outputSize: { width: options.width, height: options.height },
  codec: options.codec,
  crf: options.crf,
  preset: options.encoderPreset,
  ffmpegArgs: options.ffmpegArgs,
  audio: options.audio,
  warn,
  signal,
});

/**
 * Plans the encoding of a result and tries the plan.
 * @throws UsageError for a container, an encoder or arguments that do not work, FfmpegError where this ffmpeg cannot
 */
export const planEncoding = async (output: string, options: Options, source: Source, context: SourceContext): Promise<EncodePlan> => {
  const asked = encodingOptions(options, source, context);
  const plan = await proveEncodePlan(output, encodePlan(output, asked), asked);
  for (const message of plan.warnings) context.warn(message);
  return plan;
};

/** A plan in numbers and words. */
export type EncodingSummary = {
  /** ffmpeg's name of the container. */
  readonly container: string;
  readonly encoder: string;
  readonly size: readonly [width: number, height: number];
  readonly streams: readonly StreamSummary[];
};

/** What becomes of a stream of the source. */
export type StreamSummary = {
  /** Among all streams of the source. */
  readonly stream: number;
  readonly type: string;
  readonly codec: string;
  readonly what: 'copied' | 'encoded' | 'left out';
  /** What encodes it anew. */
  readonly encoder?: string;
  readonly why?: string;
};

export const encodingSummary = ({ container, encoder, size, streams }: EncodePlan): EncodingSummary => ({
  container: container.muxer,
  encoder,
  size: [size.width, size.height],
  streams: streams.map(({ stream: { index, type, codec }, what, why }) => ({
    stream: index,
    type,
    codec,
    ...(typeof what === 'string' ? { what } : { what: 'encoded' as const, encoder: what.encoder }),
    ...(why !== undefined && { why }),
  })),
});
