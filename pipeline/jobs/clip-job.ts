// Everything that a job over a clip knows before it draws: settled options, what is open, the survey and the plan.
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import type { FreeUChoice } from '../../config/freeu.ts';
import type { Job } from '../../config/jobs.ts';
import type { EncodePlan } from '../../media/encode-plan.ts';
import { checkInputFile } from '../../media/input-file.ts';
import { modelKind } from '../../models/open/model-kind.ts';
import type { Listener } from '../events.ts';
import { planEncoding } from '../session/encoding.ts';
import { locateModel } from '../session/locate-model.ts';
import type { OpenedModel } from '../session/open-model.ts';
import { checkOutput, defaultOutput, isFolderPath, makeFolder } from '../session/output.ts';
import type { PlannedClip } from '../session/plan-file.ts';
import { checkRequest, type Request, settledOf, withStyle } from '../session/request.ts';
import type { Scope } from '../session/scope.ts';
import { openShared, type Shared } from '../session/workshop.ts';
import { type ClipSession, openClipSession } from '../session.ts';
import type { Analysis } from '../steps/analysis.ts';
import { checkDraws } from '../strategies/draws.ts';
import { type DrawingOptions, STRATEGIES } from '../strategies/strategy.ts';
import { outputsFor } from './batch/names.ts';
import { forcedBy, surveyHooks } from './progress.ts';
import { type StageClock, stageClock } from './run-times.ts';
import { checkSupplied } from './supplied.ts';

export type ClipJob = {
  readonly options: DrawingOptions;
  /** Which row of FreeU's factors holds. */
  readonly freeuChoice: FreeUChoice;
  readonly input: string;
  /** The file that the main job writes. */
  readonly output: string;
  /** How it is written; absent where no video is. */
  readonly encoding: EncodePlan | undefined;
  readonly session: ClipSession;
  readonly opened: OpenedModel;
  readonly survey: Analysis;
  readonly planned: PlannedClip;
  readonly clock: StageClock;
  readonly emit: Listener;
  readonly scope: Scope;
};

/** Which job the options must fit: that of the strategy that the model is drawn with. */
export const JOBS = { keyframes: 'rerender', windows: 'windows' } as const satisfies Record<string, Job>;

/** What a clip is prepared for. */
export type Purpose = {
  /** Of the options that are read; default that of the model's strategy. */
  readonly job?: Job;
  /** Whether a video is written, whose place is then checked. */
  readonly writesFile: boolean;
  /** Nothing is written after all, and no folder made. */
  readonly dry?: boolean;
  /** A folder that would be made before: that it is missing does not count. */
  readonly newFolder?: string | undefined;
  /** What other clips share: models that are open, for one. */
  readonly shared?: Shared | undefined;
  /** A session over the same clip that stays open; without it the job opens one, which ends with it. */
  readonly session?: ClipSession | undefined;
};

/** Where the result goes: a folder gets a file in it. @throws UsageError where it may not go there */
const placeOutput = async (
  { output: named, overwrite }: DrawingOptions,
  input: string,
  { dry = false, newFolder }: Purpose,
): Promise<string> => {
  const folder = named !== undefined && (await isFolderPath(named)) ? named : undefined;
  if (folder !== undefined && !dry) await makeFolder(folder);
  const output = folder === undefined ? (named ?? defaultOutput(input)) : (await outputsFor([input], folder))[0]!;
  const comes = folder !== undefined || (newFolder !== undefined && resolve(dirname(output)) === resolve(newFolder));
  if (!comes || (await exists(dirname(output)))) await checkOutput(output, input, overwrite);
  return output;
};

/** The folder that key frames are written to. */
export const keysFolder = ({ input, options }: Pick<ClipJob, 'input' | 'options'>, job?: Job): string | undefined =>
  job === 'keyframes' ? (options.output ?? `${input}.keyframes`) : options.previews;

/**
 * Settles, opens, looks through the clip and plans. What is wrong with the request, the output or the model is told in this order, before
 * anything takes long.
 */
export const prepareClip = async (request: Request, scope: Scope, purpose: Purpose): Promise<ClipJob> => {
  const { job, writesFile, session: open } = purpose;
  const emit = request.onEvent ?? (() => undefined);
  const { signal } = scope;
  const warn = (message: string): void => emit({ type: 'warning', message });
  const { options: settled, freeuChoice } = await settledOf(request);
  const kind = await modelKind(await locateModel(settled));
  if (job === 'keyframes' && STRATEGIES[kind].clip !== 'keyframes') {
    throw new UsageError('This model draws whole clips and no key frames: run `rerender INPUT` with it, or name another --model.');
  }
  checkRequest(request, job ?? JOBS[STRATEGIES[kind].clip]);
  const options = withStyle(settled);
  checkDraws(options, STRATEGIES[kind].clip); // before anything is opened
  const { input, onEvent: _onEvent, signal: _signal, layers: _layers, ...values } = request;
  await checkInputFile(input);
  const shared = purpose.shared ?? (open ? undefined : await openShared(scope, warn));
  shared?.models.open(options).catch(() => undefined); // begins beside ffmpeg's look at the clip, and is told of below
  const session = open ?? (await openClipSession(request, options, scope, shared));
  const output = writesFile ? await placeOutput(options, input, purpose) : (options.output ?? defaultOutput(input));
  const encoding = writesFile ? await planEncoding(output, options, session.source, { signal, warn }) : undefined;
  const opened = await session.workshop.models.open(options);
  if (opened.model.info.kind === 'image') await checkSupplied(session, options, keysFolder({ input, options }, job), job);
  const clock = stageClock(emit);
  const survey = await session.survey({ ...surveyHooks(clock), forced: forcedBy(options.force) });
  const planned = await session.plan(open ? values : {});
  if (options.mix === 0) warn('--mix 0 shows the source alone: nothing of what is drawn is seen');
  return { options, freeuChoice, input, output, encoding, session, opened, survey, planned, clock, emit, scope };
};
