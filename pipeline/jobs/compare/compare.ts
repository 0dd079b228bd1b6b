// Before and after: a source and its results in one video or picture.
import { extname } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import { optionsLayer, settle } from '../../../config/layers.ts';
import { type Moment, parseMoment } from '../../../config/moment.ts';
import type { Options } from '../../../config/options.ts';
import { refuseUnread } from '../../../config/unread.ts';
import { contactSheet } from '../../../media/contact-sheet.ts';
import { checkInputFile } from '../../../media/input-file.ts';
import type { Comparison, Listener } from '../../events.ts';
import { planEncoding } from '../../session/encoding.ts';
import { checkOutput } from '../../session/output.ts';
import type { Request } from '../../session/request.ts';
import { type Scope, withScope } from '../../session/scope.ts';
import { openResult } from '../open-result.ts';
import { type StageClock, stageClock } from '../run-times.ts';
import { type ComparedClips, framesFor, openClips } from './clips.ts';
import { type Painter, sideBySide, wiped } from './paint.ts';
import { COLUMNS, columnsOf, stripCells } from './strip.ts';

export const COMPARED_AS = ['side', 'wipe', 'strip'] as const;

/** A comparison. Of the options count those that choose a part of the first clip and those that say how a video is written. */
export type CompareRequest = Omit<Request, 'input' | 'output'> & {
  /** The source and its results, in the order in which they are shown. */
  readonly inputs: readonly string[];
  /** A video (.mp4 .mov .mkv .webm .avi .gif), or a .png or .jpg with a strip of frames. */
  readonly output: string;
  /** `side` by side, a `wipe` between two clips, or a `strip` of frames in a picture. Default: side; of a picture strip. */
  readonly as?: (typeof COMPARED_AS)[number] | undefined;
  /** What stands at each clip. Default: the files' names. */
  readonly labels?: readonly string[] | undefined;
  /** Times of a strip's columns: seconds or `1:02.5` since the beginning of the part that is shown, or `12f`. Default: evenly spaced. */
  readonly at?: readonly (number | string)[] | undefined;
  /** Columns of a strip without `at`. Default 6. */
  readonly columns?: number | undefined;
};

const PICTURES = ['.png', '.jpg', '.jpeg'];

/** @throws UsageError for what goes with the other kind of output */
const checkKind = ({ output, as, at, columns }: CompareRequest): 'side' | 'wipe' | 'strip' => {
  const picture = PICTURES.includes(extname(output).toLowerCase());
  if (as !== undefined && !COMPARED_AS.includes(as)) throw new UsageError(`--as must be one of ${COMPARED_AS.join(', ')}; got "${as}".`);
  if (picture && (as === 'side' || as === 'wipe')) throw new UsageError(`--as ${as} is a video: give -o an ending such as .mp4 or .gif.`);
  if (!picture && as === 'strip') throw new UsageError('A strip of frames is a picture: give -o the ending .png or .jpg.');
  if (!picture && (at !== undefined || columns !== undefined)) {
    throw new UsageError(`${at === undefined ? '--columns' : '--at'} belongs to a strip of frames: give -o the ending .png or .jpg.`);
  }
  if (columns !== undefined && !(Number.isInteger(columns) && columns >= 1 && columns <= 100)) {
    throw new UsageError(`--columns must be a whole number from 1 to 100; got ${columns}.`);
  }
  return picture ? 'strip' : (as ?? 'side');
};

type Work = {
  readonly compared: ComparedClips;
  readonly output: string;
  readonly options: Options;
  readonly clock: StageClock;
  readonly emit: Listener;
  readonly scope: Scope;
};

/** Writes the video, a frame of each clip in memory at a time. */
const writeVideo = async ({ sizes, canvas, paint }: Painter, { compared, output, options, clock, emit, scope }: Work): Promise<void> => {
  const { clips, times, lastFrame, shortened } = compared;
  const { signal } = scope;
  const warn = (message: string): void => emit({ type: 'warning', message });
  const first = clips[0]!.source;
  // The result's size is that of what is painted; sound behind the last frame is cut off.
  const written: Options = {
    ...options,
    width: options.width ?? (options.height === undefined ? canvas.width : undefined),
    height: options.height ?? (options.width === undefined ? canvas.height : undefined),
    ...(shortened && first.whole && { end: times.at(-1)! + lastFrame }),
  };
  const source = { ...first, info: { ...first.info, ...canvas }, size: canvas };
  const encoding = await planEncoding(output, written, source, { signal, warn });
  const encoder = await openResult({ output, options: written, source, survey: { times, lastFrame }, encoding, warn, signal }, {});
  const passes = clips.map((clip, i) => framesFor(clip, compared, sizes[i]!));
  try {
    clock.start('encode');
    for (const [index, time] of times.entries()) {
      signal.throwIfAborted();
      const frames = await Promise.all(passes.map(async pass => (await pass.next()).value!));
      await encoder.write({ ...paint(frames, time - times[0]!), index, time });
      clock.progress('encode', index + 1, times.length, 'frames');
    }
    await encoder.finish();
    clock.done('encode');
  } catch (error) {
    await encoder.abort();
    throw error;
  } finally {
    await Promise.all(passes.map(pass => pass.return()));
  }
};

const writeStrip = async ({ compared, output, options, clock }: Work, moments: readonly Moment[] | undefined, columns = COLUMNS) => {
  const shown = columnsOf(compared, moments, columns);
  const { width, height } = options;
  clock.start('pictures');
  const { cells, scale } = await stripCells(compared, shown, { ...(width && { width }), ...(height && { height }) }, (done, total) =>
    clock.progress('pictures', done, total, 'frames'),
  );
  await contactSheet(output, cells, { columns: shown.length, scale }, options.overwrite);
  clock.done('pictures');
  return shown.length;
};

/**
 * Shows a source and its results in one video, with the source's sound and times, or in one picture. Frames belong together by their
 * numbers where two clips have as many, else by their times. Clips of other lengths are shown as long as the shortest lasts, with a
 * warning.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Nothing is left under the output's name then
 */
export const compare = (request: CompareRequest): Promise<Comparison> =>
  withScope(request.signal, async scope => {
    const { inputs, output, as: _as, labels, at, columns, onEvent, signal: _signal, layers = [], ...given } = request;
    const emit = onEvent ?? (() => undefined);
    const kind = checkKind(request);
    const asked = [optionsLayer(given), ...layers];
    refuseUnread(asked, ['compare']);
    const { options } = settle(asked);
    const moments = at?.map(moment => parseMoment(String(moment), '--at'));
    for (const input of inputs) await checkInputFile(input);
    for (const input of inputs) await checkOutput(output, input, true);
    await checkOutput(output, undefined, options.overwrite);
    const clock = stageClock(emit);
    const warn = (message: string): void => emit({ type: 'warning', message });
    clock.start('analyse');
    const onFrame = (done: number, total: number): void => clock.progress('analyse', done, total, 'frames');
    const compared = await openClips(inputs, { options, labels, signal: scope.signal, warn, onFrame });
    clock.done('analyse');
    const work = { compared, output, options, clock, emit, scope };
    const { width, height } = options;
    const size = { ...(width && { width }), ...(height && { height }) };
    if (kind === 'strip') await writeStrip(work, moments, columns);
    else await writeVideo(kind === 'wipe' ? wiped(compared, size) : sideBySide(compared, size), work);
    const frames = compared.times.length;
    const result: Comparison = { kind: 'comparison', output, clips: inputs.length, frames, seconds: clock.seconds() };
    emit({ type: 'result', result });
    return result;
  });
