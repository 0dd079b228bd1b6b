// What a caller of the library asks for.
import { UsageError } from '../../config/errors.ts';
import type { Job } from '../../config/jobs.ts';
import { type Layer, optionsLayer, type Settled } from '../../config/layers.ts';
import type { Options, PartialOptions } from '../../config/options.ts';
import { refuseUnread } from '../../config/unread.ts';
import type { Listener } from '../events.ts';
import type { Purpose } from './freeu-rows.ts';
import { settleRun } from './settle.ts';

/** A run of the pipeline. Options have the names and meanings of the command line's (docs/options.md). */
export type Request = PartialOptions & {
  /** The clip, a path. */
  readonly input: string;
  /** Receives everything that happens, in order. Default: nobody. */
  readonly onEvent?: Listener | undefined;
  /** Ends the run: it rejects with the signal's reason, finished parts are kept. */
  readonly signal?: AbortSignal | undefined;
  /** Further sources of options below the ones given here, strongest first; the command line passes its flags, environment and files. */
  readonly layers?: readonly Layer[] | undefined;
};

/** What a request and its further layers say, strongest first. */
export const layersOf = ({ input: _input, onEvent: _onEvent, signal: _signal, layers = [], ...given }: Request): readonly Layer[] => [
  optionsLayer(given),
  ...layers,
];

/** Checks that a job reads what was asked of it. @throws UsageError naming an option that it has no use for, and what that belongs to */
export const checkRequest = (request: Request, job: Job): void => refuseUnread(layersOf(request), [job]);

/** The settled options of a request, and where each comes from. @param purpose see `settleRun` @throws UsageError */
export const settledOf = (request: Request, purpose?: Purpose): Promise<Settled> => settleRun(layersOf(request), purpose);

/** The settled options of a request. @throws UsageError */
export const optionsOf = async (request: Request): Promise<Options> => (await settledOf(request)).options;

/** The options, with the style that drawing needs. @throws UsageError without one */
export const withStyle = (options: Options): Options & { readonly style: string } => {
  const { style } = options;
  if (style === undefined || style.trim() === '') {
    throw new UsageError('No style: say what the result should look like with --style "a watercolor painting", or name a --preset.');
  }
  return { ...options, style };
};
