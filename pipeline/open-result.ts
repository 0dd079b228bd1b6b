// Opens the encoder of a result that keeps everything of its source but the pictures.
import type { Options } from '../config/options.ts';
import { type Encoder, openEncoder } from '../media/encode.ts';
import type { EncodePlan } from '../media/encode-plan.ts';
import { steadySound } from '../media/steady-sound.ts';
import { encodingOptions } from './encoding.ts';
import type { Listener } from './events.ts';
import type { Source } from './source.ts';

type Result = {
  readonly output: string;
  readonly options: Options;
  readonly source: Source;
  readonly analysis: { readonly times: readonly number[]; readonly lastFrame: number };
  readonly encoding?: EncodePlan | undefined;
  readonly emit: Listener;
  readonly signal: AbortSignal;
};

/** @param tags written beside the source's own */
export const openResult = async (
  { output, options, source, analysis, encoding, emit, signal }: Result,
  tags: Readonly<Record<string, string>>,
): Promise<Encoder> => {
  const sideCopy = encoding && (await steadySound(source.info, encoding.streams, source.ffmpeg, signal));
  const closing = async <T>(end: Promise<T>): Promise<T> => end.finally(() => sideCopy?.close());
  const opened = openEncoder(output, {
    ...encodingOptions(options, source, { signal, warn: message => emit({ type: 'warning', message }) }),
    times: analysis.times,
    lastFrame: analysis.lastFrame,
    tags,
    overwrite: options.overwrite,
    confirm: source.confirm,
    plan: encoding,
    sideCopy,
  });
  const encoder = await opened.catch(error => closing(Promise.reject(error)));
  return { write: encoder.write, finish: () => closing(encoder.finish()), abort: () => closing(encoder.abort()) };
};
