// Opens the encoder of a result that keeps everything of its source but the pictures.
import type { Options } from '../../config/options.ts';
import { type Encoder, openEncoder } from '../../media/encode.ts';
import type { EncodePlan } from '../../media/encode-plan.ts';
import type { Size } from '../../media/size.ts';
import { steadySound } from '../../media/steady-sound.ts';
import { encodingOptions } from '../session/encoding.ts';
import type { Source } from '../session/source.ts';

type Result = {
  readonly output: string;
  readonly options: Options;
  readonly source: Source;
  /** Of the frames that are written to it; default the size that the source is drawn at. */
  readonly size?: Size;
  readonly survey: { readonly times: readonly number[]; readonly lastFrame: number };
  readonly encoding?: EncodePlan | undefined;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
};

/** @param tags written beside the source's own */
export const openResult = async (
  { output, options, source, size = source.size, survey, encoding, warn, signal }: Result,
  tags: Readonly<Record<string, string>>,
): Promise<Encoder> => {
  const sideCopy = encoding && (await steadySound(source.info, encoding.streams, source.ffmpeg, signal));
  const closing = async <T>(end: Promise<T>): Promise<T> => end.finally(() => sideCopy?.close());
  const opened = openEncoder(output, {
    ...encodingOptions(options, source, { signal, warn }),
    width: size.width,
    height: size.height,
    times: survey.times,
    lastFrame: survey.lastFrame,
    tags,
    overwrite: options.overwrite,
    confirm: source.confirm,
    plan: encoding,
    sideCopy,
  });
  const encoder = await opened.catch(error => closing(Promise.reject(error)));
  return { write: encoder.write, finish: () => closing(encoder.finish()), abort: () => closing(encoder.abort()) };
};
