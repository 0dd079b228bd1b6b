// Opens the encoder of a result that keeps everything of its source but the pictures.
import type { Options } from '../config/options.ts';
import { type Encoder, openEncoder } from '../media/encode.ts';
import type { Listener } from './events.ts';
import type { Source } from './source.ts';

type Result = {
  readonly output: string;
  readonly options: Options;
  readonly source: Source;
  readonly analysis: { readonly times: readonly number[] };
  readonly emit: Listener;
  readonly signal: AbortSignal;
};

/** @param tags written beside the source's own */
export const openResult = (
  { output, options, source, analysis, emit, signal }: Result,
  tags: Readonly<Record<string, string>>,
): Promise<Encoder> =>
  openEncoder(output, {
    ffmpeg: source.ffmpeg,
    source: source.info,
    times: analysis.times,
    ...source.size,
    range: { start: options.start, end: options.end, duration: options.duration, frames: options.frames },
    outputSize: { width: options.width, height: options.height },
    codec: options.codec,
    crf: options.crf,
    preset: options.encoderPreset,
    ffmpegArgs: options.ffmpegArgs,
    audio: options.audio,
    tags,
    overwrite: options.overwrite,
    confirm: source.confirm,
    warn: message => emit({ type: 'warning', message }),
    signal,
  });
