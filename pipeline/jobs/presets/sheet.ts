// One frame of a clip in many styles, on one sheet: to choose a style before a run.
import { basename, dirname, extname, join } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import { type Moment, momentText, parseMoment } from '../../../config/moment.ts';
import type { Options, PartialOptions } from '../../../config/options.ts';
import { contactSheet } from '../../../media/contact-sheet.ts';
import { frameAt } from '../../../media/frame-at.ts';
import { checkInputFile } from '../../../media/input-file.ts';
import { shrinkPicture } from '../../../media/picture.ts';
import { modelKind } from '../../../models/open/model-kind.ts';
import type { Listener, RunResult } from '../../events.ts';
import { CLIP_OPTIONS } from '../../session/leaves.ts';
import { locateModel } from '../../session/locate-model.ts';
import { checkOutput } from '../../session/output.ts';
import { checkRequest, layersOf, optionsOf, type Request, withStyle } from '../../session/request.ts';
import { type Scope, withScope } from '../../session/scope.ts';
import { openSource } from '../../session/source.ts';
import { STRATEGIES } from '../../strategies/strategy.ts';
import { stageClock } from '../run-times.ts';
import { drawStyles, type StyledCell } from './draw.ts';
import { sheetLayers, sheetStyles } from './styles.ts';

/** A sheet of styles. Options that choose a part of the clip, and `style` and `preset`, have no use here. */
export type PresetSheetRequest = Request & {
  /** Names of presets, or `all`. Default: all that have a style; none where there are `styles`. */
  readonly presets?: readonly string[] | undefined;
  /** Further styles, in words. */
  readonly styles?: readonly string[] | undefined;
  /** The frame that is drawn: a time in seconds or as `1:02.5`, or a frame as `12f`. Default: the middle of the clip. */
  readonly at?: number | string | undefined;
};

/** Cells of the sheet are at most this wide, pixels. */
const CELL = 384;

const ENDINGS = ['.png', '.jpg', '.jpeg'];

/** `clip.mp4` -> `clip.presets.png`, beside it. */
const defaultSheet = (input: string): string => join(dirname(input), `${basename(input, extname(input))}.presets.png`);

const momentOf = (at: PresetSheetRequest['at']): Moment | undefined => {
  if (typeof at !== 'number') return at === undefined ? undefined : parseMoment(at, '--at');
  return parseMoment(String(at), '--at');
};

/** The part of the clip that is the frame at a moment, as options. */
const partAt = async (
  input: string,
  moment: Moment | undefined,
  options: Options,
  scope: Scope,
): Promise<{ readonly part: PartialOptions; readonly label: string }> => {
  const { signal } = scope;
  const { info, ffmpeg } = await openSource(input, options, { signal, warn: () => undefined });
  const { time } = await frameAt(
    info,
    moment ?? { time: (info.duration ?? 0) / 2 },
    { ffmpeg, width: 64, height: 64, signal },
    moment ? `--at ${momentText(moment)}` : 'the middle',
  );
  // Frames are told apart by more than a microsecond.
  return { part: { start: time, end: time + 2e-6 }, label: `source ${time.toFixed(2)} s` };
};

/** Cells that are drawn with the same frame at the same size, of which one session draws all. */
const bySession = (cells: readonly StyledCell[]): StyledCell[][] => {
  const groups = new Map<string, StyledCell[]>();
  for (const cell of cells) {
    const key = JSON.stringify(CLIP_OPTIONS.map(name => cell.options[name] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()];
};

/** Everything settled before the model is opened: what each style is drawn with, as a run with that preset or style would be. */
const prepare = async ({ presets, styles, at, ...given }: PresetSheetRequest, scope: Scope, emit: Listener) => {
  checkRequest(given, 'presets');
  const { input } = given;
  const chosen = sheetStyles(presets, styles);
  const moment = momentOf(at);
  const layers = sheetLayers(layersOf(given), message => emit({ type: 'warning', message }));
  const request: Request = { input, onEvent: emit, signal: scope.signal, layers };
  const first = withStyle(await optionsOf({ ...request, ...chosen[0]!.asks }));
  const output = first.output ?? defaultSheet(input);
  if (!ENDINGS.includes(extname(output).toLowerCase())) throw new UsageError(`The sheet ${output} must be a .png or a .jpg.`);
  await checkInputFile(input);
  await checkOutput(output, input, first.overwrite);
  if (STRATEGIES[await modelKind(await locateModel(first))].clip !== 'keyframes') {
    throw new UsageError('A video model draws no single frames, which a sheet of styles shows: name an image model with --model.');
  }
  const { part, label } = await partAt(input, moment, first, scope);
  const ofFrame: Request = { ...request, ...part };
  const cells = await Promise.all(
    chosen.map(async (style): Promise<StyledCell> => ({ ...style, options: withStyle(await optionsOf({ ...ofFrame, ...style.asks })) })),
  );
  return { output, overwrite: first.overwrite, seed: first.seed, label, request: ofFrame, groups: bySession(cells) };
};

/**
 * Draws one frame of a clip in many styles and writes a labelled sheet, the frame itself first. Each picture is what a run with that preset
 * or style makes of the frame as the first of a shot; finished ones are found again.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. No sheet is left under the output's name then
 */
export const presetSheet = (request: PresetSheetRequest): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const emit = request.onEvent ?? (() => undefined);
    const { output, overwrite, seed, label, request: ofFrame, groups } = await prepare(request, scope, emit);
    const clock = stageClock(emit);
    const { source, drawn, device } = await drawStyles(ofFrame, groups, clock);
    const cells = [{ label, picture: source }, ...drawn];
    const small = await Promise.all(cells.map(async cell => ({ ...cell, picture: await shrinkPicture(cell.picture, CELL) })));
    await contactSheet(output, small, {}, overwrite);
    const result: RunResult = { kind: 'pictures', output, pictures: drawn.length, seed, device, seconds: clock.seconds() };
    emit({ type: 'result', result });
    return result;
  });
