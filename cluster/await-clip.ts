// Waits for a clip that machines elsewhere make: shows its key frames, brings the result, and writes the report of it.
import type { Listener, RunResult } from '../pipeline/events.ts';
import { writeReport } from '../pipeline/jobs/report/report.ts';
import { deviceOf } from '../pipeline/session/plan-file.ts';
import type { Request } from '../pipeline/session/request.ts';
import type { Scope } from '../pipeline/session/scope.ts';
import type { Cluster } from './cluster.ts';
import { fetchResult, followJob, resultOf } from './follow.ts';
import { showKeyframes } from './previews.ts';
import type { Submitted } from './submit.ts';

export type Waiting = {
  readonly cluster: Cluster;
  readonly request: Request;
  /** Where key frames are shown. */
  readonly previews: string | undefined;
  /** Whether they are told without such a folder, too. */
  readonly shows: boolean;
  readonly scope: Scope;
};

/** @throws RerenderError for a job that failed or was cancelled; the signal's reason on abort: the job goes on */
export const awaitClip = async (
  { keys, ticket, job, planned }: Submitted,
  { cluster, request, previews, shows, scope }: Waiting,
): Promise<RunResult> => {
  const emit: Listener = request.onEvent ?? (() => undefined);
  const { store } = cluster;
  const shown = await showKeyframes(previews, { job, planned, store, emit, scope, shows });
  const { seconds } = await followJob(cluster, keys, deviceOf(planned), { emit, signal: scope.signal, onLook: shown.look });
  await shown.finish();
  const whole = job.options.stopAfter === undefined;
  if (whole) await fetchResult(store, keys, job.output, job.options.overwrite);
  if (whole && job.options.report) await writeReport({ ...job, planned }, request);
  return resultOf(ticket, whole ? job.output : undefined, seconds);
};
