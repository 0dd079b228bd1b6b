// Opens the encoder of a result that keeps everything of its source but the pictures.
import type { Options } from '../config/options.ts';
import { type Encoder, openEncoder } from '../media/encode.ts';
import type { EncodePlan } from '../media/encode-plan.ts';
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
export const openResult = (
  { output, options, source, analysis, encoding, emit, signal }: Result,
  tags: Readonly<Record<string, string>>,
): Promise<Encoder> =>
  openEncoder(output, {
    ...encodingOptions(options, source, { signal, warn: message => emit({ type: 'warning', message }) }),
    times: analysis.times,
    lastFrame: analysis.lastFrame,
    tags,
    overwrite: options.overwrite,
    plan: encoding,
  });
