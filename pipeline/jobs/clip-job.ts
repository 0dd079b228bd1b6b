// Everything that a job over a clip knows before it draws: settled options, what is open, the survey and the plan.
import type { Job } from '../../config/jobs.ts';
import type { EncodePlan } from '../../media/encode-plan.ts';
import { checkInputFile } from '../../media/input-file.ts';
import { modelKind } from '../../models/open/model-kind.ts';
import { planEncoding } from '../session/encoding.ts';
import { locateModel } from '../session/locate-model.ts';
import type { OpenedModel } from '../session/open-model.ts';
import { checkOutput, defaultOutput } from '../session/output.ts';
import type { PlannedClip } from '../session/plan-file.ts';
import { checkRequest, optionsOf, type Request, withStyle } from '../session/request.ts';
import type { Scope } from '../session/scope.ts';
import { type ClipSession, openClipSession } from '../session.ts';
import type { Analysis } from '../steps/survey.ts';
import { checkDraws } from '../strategies/draws.ts';
import { type DrawingOptions, STRATEGIES } from '../strategies/strategy.ts';
import type { Listener } from './events.ts';
import { forcedBy, surveyHooks } from './progress.ts';
import { type StageClock, stageClock } from './run-times.ts';

export type ClipJob = {
  readonly options: DrawingOptions;
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
const JOBS = { keyframes: 'rerender', windows: 'windows' } as const satisfies Record<string, Job>;

/**
 * Settles, opens, looks through the clip and plans. What is wrong with the request, the output or the model is told in this order, before
 * anything takes long.
 * @param job of the options that are read; default that of the model's strategy
 * @param writesFile whether a video is written, whose place is then checked
 */
export const prepareClip = async (
  request: Request,
  scope: Scope,
  { job, writesFile }: { readonly job?: Job; readonly writesFile: boolean },
): Promise<ClipJob> => {
  const emit = request.onEvent ?? (() => undefined);
  const { signal } = scope;
  const warn = (message: string): void => emit({ type: 'warning', message });
  const settled = await optionsOf(request);
  const kind = await modelKind(await locateModel(settled.model));
  checkRequest(request, job ?? JOBS[STRATEGIES[kind].clip]);
  const options = withStyle(settled);
  checkDraws(options, STRATEGIES[kind].clip); // before anything is opened
  const { input } = request;
  await checkInputFile(input);
  const session = await openClipSession(request, options, scope);
  const output = options.output ?? defaultOutput(input);
  if (writesFile) await checkOutput(output, input, options.overwrite);
  const encoding = writesFile ? await planEncoding(output, options, session.source, { signal, warn }) : undefined;
  const opened = await session.model();
  const clock = stageClock(emit);
  const survey = await session.survey({ ...surveyHooks(clock), forced: forcedBy(options.force) });
  const planned = await session.plan();
  if (options.mix === 0) warn('--mix 0 shows the source alone: nothing of what is drawn is seen');
  return { options, input, output, encoding, session, opened, survey, planned, clock, emit, scope };
};
