// The jobs over a clip: re-render it, draw its key frames alone, or say what would be done.
import { extname } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { writeWhole } from '../../media/whole-file.ts';
import type { RunResult } from '../events.ts';
import type { Plan } from '../graph/plan.ts';
import type { PlanSummary } from '../plan-summary.ts';
import { measureDrawing } from '../session/measure.ts';
import { checkOutput } from '../session/output.ts';
import { writePlan } from '../session/plan-file.ts';
import type { Request } from '../session/request.ts';
import { type Scope, withScope } from '../session/scope.ts';
import type { ClipSession } from '../session.ts';
import { type ClipJob, keysFolder, type Purpose, prepareClip } from './clip-job.ts';
import { runTags } from './metadata.ts';
import { planDrawing } from './plan-drawing.ts';
import { NO_PREVIEWS, openPreviews } from './previews.ts';
import { reportFile, writeReport } from './report/report.ts';
import { encodeClip, startClip } from './run-clip.ts';
import { summarise } from './summary.ts';

const PLAN_FILES = ['.svg', '.json'];

/** What every result of a clip says. */
const madeBy = ({ opened, survey, planned, options, clock }: ClipJob) => ({
  frames: survey.times.length,
  shots: planned.shots.length,
  keyframes: planned.keyframes.length,
  seed: options.seed,
  device: opened.device,
  seconds: clock.seconds(),
});

const tell = (job: ClipJob, result: RunResult): RunResult => {
  job.emit({ type: 'result', result });
  return result;
};

const clipResult = (job: ClipJob, output?: string): RunResult => {
  const windows = job.planned.plan.nodes.filter(({ step }) => step === 'window').length;
  return tell(job, { kind: 'clip', ...(output !== undefined && { output }), ...madeBy(job), windows });
};

/** Re-renders a clip in a scope, with what is open already. */
export const rerenderClip = async (
  request: Request,
  scope: Scope,
  open: Pick<Purpose, 'shared' | 'session'> = {},
): Promise<{ result: RunResult; job: ClipJob }> => {
  const job = await prepareClip(request, scope, { writesFile: true, ...open });
  const { options, output, emit, planned } = job;
  emit({ type: 'plan', plan: await summarise(job) });
  const reports = options.report && options.stopAfter === undefined;
  if (reports) await checkOutput(reportFile(output), job.input, options.overwrite);
  if (options.stopAfter === 'shots') return { job, result: clipResult(job) };
  const shows = planned.strategy === 'keyframes';
  if (options.previews !== undefined && !shows)
    emit({ type: 'warning', message: '--previews shows key frames, and this model draws none' });
  const previews = shows ? await openPreviews(options.previews, options) : NO_PREVIEWS;
  if (options.stopAfter !== undefined) await (await startClip(job, previews, options.stopAfter)).finished;
  else await encodeClip(job, previews, runTags(job));
  await previews.finish();
  if (reports) await writeReport(job, request);
  return { job, result: clipResult(job, options.stopAfter === undefined ? output : undefined) };
};

/**
 * Re-renders a clip: the main job.
 * @param request `output` is a file, or a folder that gets a file named as the clip
 * @returns what was made; `output` is absent when `stopAfter` ended the run before
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Nothing is left under the output's name then.
 */
export const rerender = (request: Request): Promise<RunResult> =>
  withScope(request.signal, async scope => (await rerenderClip(request, scope)).result);

/** {@link rerender} in a session over the same clip that stays open: models and finished parts are at hand. */
export const rerenderIn = (session: ClipSession, request: Request): Promise<RunResult> =>
  withScope(request.signal, async scope => (await rerenderClip(request, scope, { session })).result);

/**
 * Draws only the key frames, as PNGs and a contact sheet.
 * @param request `output` is the folder; default `INPUT.keyframes`
 * @throws UsageError for a video model, which has none
 */
export const keyframes = (request: Request): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const job = await prepareClip(request, scope, { job: 'keyframes', writesFile: false });
    const output = keysFolder(job, 'keyframes')!;
    const previews = await openPreviews(output, job.options);
    job.emit({ type: 'plan', plan: { ...(await summarise(job)), output } });
    await (await startClip(job, previews, 'keyframes')).finished;
    await previews.finish();
    return tell(job, { kind: 'keyframes', output, ...madeBy(job) });
  });

/** Frames of the longest window of a plan; undefined where it has none. */
const longestWindow = ({ nodes }: Plan): number | undefined => {
  const lengths = nodes.flatMap(({ step, params }) => (step === 'window' ? [Number(params.last) - Number(params.first) + 1] : []));
  return lengths.length > 0 ? Math.max(...lengths) : undefined;
};

/** Writes a plan: a drawing of it as .svg, or itself as .json. @throws UsageError for another ending, or a place that is not free */
const writePlanFile = async (file: string, { planned, options }: ClipJob): Promise<void> => {
  const content = extname(file).toLowerCase() === '.svg' ? planDrawing(planned.plan) : writePlan(planned);
  await writeWhole(file, content, options);
};

const checkPlanFile = async (file: string, { input, options }: Pick<ClipJob, 'input' | 'options'>): Promise<void> => {
  if (!PLAN_FILES.includes(extname(file).toLowerCase())) throw new UsageError(`--plan ${file}: the file must be a .svg or a .json.`);
  await checkOutput(file, input, options.overwrite, '--plan');
};

type PlanPlaces = {
  /** Receives the plan itself. */
  readonly file?: string | undefined;
} & Pick<Purpose, 'newFolder' | 'shared'>;

/** Plans a clip in a scope, and measures. */
export const planClip = async (request: Request, scope: Scope, { file, ...purpose }: PlanPlaces): Promise<PlanSummary> => {
  const job = await prepareClip(request, scope, { writesFile: true, dry: true, ...purpose });
  if (file !== undefined) await checkPlanFile(file, job);
  const { options, opened, session, planned } = job;
  const window = longestWindow(planned.plan);
  const size = session.source.size;
  const summary = await summarise(job, await measureDrawing({ options, opened, size, window, signal: scope.signal }));
  if (file !== undefined) await writePlanFile(file, job);
  return summary;
};

/**
 * Says what {@link rerender} would do, without drawing anything but grey test frames to measure: `--dry-run`.
 * @param file also receives the plan itself: .svg a drawing, .json what `readPlan` of a session reads
 */
export const planRun = (request: Request, file?: string): Promise<PlanSummary> =>
  withScope(request.signal, scope => planClip(request, scope, { file }));
