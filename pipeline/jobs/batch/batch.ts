// Many clips under the same options: one after the other, with one model that stays open. A clip that fails does not stop the others.
import { basename, extname, join } from 'node:path';
import { RerenderError, UsageError } from '../../../config/errors.ts';
import { exists } from '../../../config/exists.ts';
import type { DiffusionModel } from '../../../models/diffusion-model.ts';
import type { ClipOutcome, ClipPlace, ClipsResult, RunResult } from '../../events.ts';
import type { PlanSummary } from '../../plan-summary.ts';
import { type Scope, withScope } from '../../session/scope.ts';
import { openClipSession } from '../../session.ts';
import { planClip, rerenderClip } from '../rerender.ts';
import { type Batch, type BatchClip, openBatch } from './open-batch.ts';
import { isFinished, noteFinished } from './record.ts';
import type { ClipsRequest } from './request.ts';

type Reason = { readonly code: string; readonly message: string };

const reasonFor = (error: unknown): Reason =>
  error instanceof RerenderError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };

/** Whether what went wrong may have to do with the open model, so that the next clip opens it anew. */
const mayBeModels = (error: unknown): boolean => !(error instanceof RerenderError && ['usage', 'media'].includes(error.kind));

/** Key frames of several clips go to folders of their own. */
const previewsOf = ({ previews }: Batch['options'], output: string) =>
  previews === undefined ? {} : { previews: join(previews, basename(output, extname(output))) };

/** Why a clip is left alone, if it is. @throws UsageError for a result that another command has made */
const skippedFor = async (
  { request, output }: BatchClip,
  { options, shared }: Batch,
  skipExisting: boolean,
): Promise<'earlier' | 'exists' | undefined> => {
  if (options.stopAfter !== undefined || !(await exists(output))) return undefined;
  if (skipExisting) return 'exists';
  if (options.overwrite) return undefined;
  return withScope<'earlier'>(request.signal, async scope => {
    const session = await openClipSession(request, { ...options, ...previewsOf(options, output) }, scope, shared);
    if (await isFinished(session, output)) return 'earlier';
    throw new UsageError(`The output ${output} exists: give --skip-existing to leave it as it is, or -y to replace it.`);
  });
};

const drawClip = (clip: BatchClip, { options, shared }: Batch): Promise<RunResult> =>
  withScope(clip.request.signal, async scope => {
    const request = { ...clip.request, ...previewsOf(options, clip.output) };
    const { result, job } = await rerenderClip(request, scope, { shared });
    if (options.stopAfter === undefined) await noteFinished(job.session, clip.output);
    return result;
  });

const runClip = async (clip: BatchClip, batch: Batch, skipExisting: boolean): Promise<ClipOutcome> => {
  const begin = performance.now();
  const { input } = clip.request;
  const { output } = clip;
  const seconds = (): number => (performance.now() - begin) / 1000;
  clip.request.onEvent?.({ type: 'clip', state: 'start', input, output });
  try {
    const why = await skippedFor(clip, batch, skipExisting);
    if (why !== undefined) return { input, output, seconds: seconds(), state: 'skipped', why };
    const result = await drawClip(clip, batch);
    return { input, output, seconds: seconds(), state: 'done', result };
  } catch (error) {
    clip.request.signal?.throwIfAborted(); // then all of them end
    if (mayBeModels(error)) await batch.shared.models.close();
    return { input, output, seconds: seconds(), state: 'failed', error: reasonFor(error) };
  }
};

/** What the networks have cost, over all clips. */
type Usage = ReturnType<DiffusionModel['usage']>;

const rerenderClips = async (request: ClipsRequest, scope: Scope) => {
  const begin = performance.now();
  const batch = await openBatch(request, scope, { dry: false });
  await batch.shared.models.open(batch.options); // what is wrong with the model is wrong for all clips
  const clips: ClipOutcome[] = [];
  for (const clip of batch.clips) {
    const outcome = await runClip(clip, batch, request.skipExisting === true);
    clips.push(outcome);
    clip.request.onEvent?.({ type: 'clip', ...outcome });
  }
  const count = (state: ClipOutcome['state']): number => clips.filter(outcome => outcome.state === state).length;
  const counts = { done: count('done'), skipped: count('skipped'), failed: count('failed') };
  const result: ClipsResult = { clips, ...counts, seconds: (performance.now() - begin) / 1000 };
  request.onEvent?.({ type: 'summary', ...result });
  const usage = counts.done > 0 ? (await batch.shared.models.open(batch.options)).model.usage() : undefined;
  return { ...result, ...(usage && { usage }) };
};

/**
 * Re-renders several clips, one after the other; the model is opened once. A clip that fails is told and passed by.
 * @returns how each ended, and what the networks cost where something was drawn: sessions that were opened, and runs
 * @throws RerenderError where no clip can be begun: wrong options, no clip, an output that is a file, a model that is not here; the
 * signal's reason on abort. Finished results stay; the same request goes on with the others
 */
export const rerenderAll = (request: ClipsRequest): Promise<ClipsResult & { readonly usage?: Usage }> =>
  withScope(request.signal, scope => rerenderClips(request, scope));

/** The plan of a clip of several, or why there is none. */
export type PlannedOutcome = { readonly input: string; readonly output: string; readonly clip: ClipPlace } & (
  | { readonly plan: PlanSummary }
  | { readonly error: Reason }
);

/**
 * Says what {@link rerenderAll} would do, clip by clip, without drawing anything but grey test frames to measure.
 * @throws RerenderError where no clip can be begun
 */
export const planAll = (request: ClipsRequest): Promise<PlannedOutcome[]> =>
  withScope(request.signal, async scope => {
    const batch = await openBatch(request, scope, { dry: true });
    await batch.shared.models.open(batch.options);
    const outcomes: PlannedOutcome[] = [];
    for (const { request: each, output, place } of batch.clips) {
      const about = { input: each.input, output, clip: place };
      const planned = withScope(each.signal, inner => planClip(each, inner, { newFolder: batch.folder, shared: batch.shared }));
      outcomes.push(
        await planned.then(
          plan => ({ ...about, plan }),
          error => {
            each.signal?.throwIfAborted();
            return { ...about, error: reasonFor(error) };
          },
        ),
      );
    }
    return outcomes;
  });
