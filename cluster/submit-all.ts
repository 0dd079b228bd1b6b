// Several clips for a cluster: all are queued first, so that their units take turns, then each is waited for.
import { basename, extname, join } from 'node:path';
import { RerenderError } from '../config/errors.ts';
import { exists } from '../config/exists.ts';
import type { ClipOutcome, ClipsResult } from '../pipeline/events.ts';
import { type BatchClip, openBatch } from '../pipeline/jobs/batch/open-batch.ts';
import type { ClipsRequest } from '../pipeline/jobs/batch/request.ts';
import { type Scope, withScope } from '../pipeline/session/scope.ts';
import { awaitClip } from './await-clip.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { type Away, type Submitted, submitClip } from './submit.ts';

const reasonFor = (error: unknown): { readonly code: string; readonly message: string } =>
  error instanceof RerenderError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };

type Queued = { readonly clip: BatchClip; readonly begin: number; readonly outcome: Submitted | ClipOutcome };

const failure = ({ request: { input }, output }: BatchClip, begin: number, error: unknown): ClipOutcome => ({
  ...{ input, output, seconds: (performance.now() - begin) / 1000 },
  state: 'failed',
  error: reasonFor(error),
});

const wait = async ({ clip, begin, outcome }: Queued, cluster: Cluster, scope: Scope): Promise<ClipOutcome> => {
  if ('state' in outcome) return outcome;
  const { request, output } = clip;
  const folder = outcome.job.options.previews;
  const previews = folder && join(folder, basename(output, extname(output)));
  try {
    const result = await awaitClip(outcome, { cluster, request, previews, shows: false, scope });
    return { input: clip.request.input, output, seconds: (performance.now() - begin) / 1000, state: 'done', result };
  } catch (error) {
    scope.signal.throwIfAborted();
    return failure(clip, begin, error);
  }
};

/** As `rerenderAll`, on the machines of a cluster. A clip that fails is told and passed by. */
export const rerenderAllAway = (request: ClipsRequest, away: Away): Promise<ClipsResult> =>
  withScope(request.signal, async scope => {
    const start = performance.now();
    const emit = request.onEvent ?? (() => undefined);
    const cluster = await openCluster(away, scope, message => emit({ type: 'warning', message }));
    const batch = await openBatch(request, scope, { dry: false });
    const queue = async (clip: BatchClip): Promise<Queued> => {
      const begin = performance.now();
      const { input } = clip.request;
      const { output } = clip;
      if (request.skipExisting === true && (await exists(output))) {
        return { clip, begin, outcome: { input, output, seconds: 0, state: 'skipped', why: 'exists' } };
      }
      try {
        return { clip, begin, outcome: await submitClip(clip.request, scope, cluster, away, batch.shared) };
      } catch (error) {
        scope.signal.throwIfAborted();
        return { clip, begin, outcome: failure(clip, begin, error) };
      }
    };
    const queued: Queued[] = [];
    for (const clip of batch.clips) queued.push(await queue(clip));
    const clips: ClipOutcome[] = [];
    for (const one of queued) {
      const { request: each, output } = one.clip;
      each.onEvent?.({ type: 'clip', state: 'start', input: each.input, output });
      const outcome = await wait(one, cluster, scope);
      clips.push(outcome);
      each.onEvent?.({ type: 'clip', ...outcome });
    }
    const count = (state: ClipOutcome['state']): number => clips.filter(outcome => outcome.state === state).length;
    const counts = { done: count('done'), skipped: count('skipped'), failed: count('failed') };
    const result: ClipsResult = { clips, ...counts, seconds: (performance.now() - start) / 1000 };
    emit({ type: 'summary', ...result });
    return result;
  });
