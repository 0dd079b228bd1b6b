// Hands a clip to a cluster: plans it here, puts the clip and the plan into the store, queues the job, and follows it.
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UsageError } from '../config/errors.ts';
import type { Options } from '../config/options.ts';
import type { RunResult } from '../pipeline/events.ts';
import { type ClipJob, prepareClip } from '../pipeline/jobs/clip-job.ts';
import { runTags } from '../pipeline/jobs/metadata.ts';
import { reportFile } from '../pipeline/jobs/report/report.ts';
import { summarise } from '../pipeline/jobs/summary.ts';
import { checkOutput } from '../pipeline/session/output.ts';
import { deviceOf, type PlannedClip } from '../pipeline/session/plan-file.ts';
import type { Request } from '../pipeline/session/request.ts';
import { type Scope, withScope } from '../pipeline/session/scope.ts';
import { openShared, type Shared } from '../pipeline/session/workshop.ts';
import { awaitClip } from './await-clip.ts';
import { type Cluster, type ClusterPlace, openCluster } from './cluster.ts';
import { JOBS_QUEUE } from './engine.ts';
import { removeForced } from './force.ts';
import { noteJob } from './jobs-table.ts';
import { needsOf } from './needs/needs.ts';
import { wholePaths } from './needs/paths.ts';
import { uploadNeeds } from './needs/upload.ts';
import { clipKey, type JobKeys, packTicket, type Ticket, ticketOf } from './ticket.ts';
import { CLUSTER_VERSION } from './version.ts';

export type Away = ClusterPlace & {
  /** The smaller, the sooner. */
  readonly priority: number;
  /** The kind of device that draws; default the one that this machine would draw on. */
  readonly device?: string | undefined;
  /** Whether models that the store lacks are put into it; else workers have them. */
  readonly uploadModels?: boolean;
  /** Whether key frames are told as they come, though no folder is named for them. */
  readonly shows?: boolean;
  /** Hears under which name the job is queued. */
  readonly onJob?: ((id: string) => void) | undefined;
};

/** The look through the clip is the submitter's, so nothing is left for others behind it. */
const checkAway = ({ stopAfter }: Options): void => {
  if (stopAfter !== 'shots') return;
  throw new UsageError('--stop-after shots ends before anything that others would do: leave --executor dbos out.');
};

/** @throws UsageError where the report's place is not free, and where its pictures would have to be drawn here */
const checkReport = async ({ options, planned: here, input, output }: ClipJob, planned: PlannedClip): Promise<void> => {
  if (!options.report || options.stopAfter !== undefined) return;
  await checkOutput(reportFile(output), input, options.overwrite);
  if (deviceOf(here) === deviceOf(planned)) return;
  throw new UsageError(
    `--report shows pictures of this machine's kind, ${deviceOf(here)}: leave it out, or --require-device ${deviceOf(planned)}.`,
  );
};

/** The plan for another kind of device than this machine's: all keys of what is drawn differ. */
const forDevice = (planned: PlannedClip, device: string | undefined): PlannedClip => {
  if (device === undefined || device === deviceOf(planned)) return planned;
  return { ...planned, leaves: { ...planned.leaves, model: { ...(planned.leaves.model as object), device } } };
};

/** A job that is in a cluster's hands. */
export type Submitted = {
  readonly keys: JobKeys;
  readonly ticket: Ticket;
  readonly job: ClipJob;
  /** For the device that draws. */
  readonly planned: PlannedClip;
};

/** Plans a clip and queues it. The same clip under the same options is the same job: it is found, or begun again where it had failed. */
export const submitClip = async (
  request: Request,
  scope: Scope,
  cluster: Cluster,
  { priority, device, uploadModels = true, onJob }: Away,
  shared: Shared,
): Promise<Submitted> => {
  const { engine, database, store } = cluster;
  const workDir = async () => ({ store: store.parts, lasting: true, close: async () => undefined });
  const job = await prepareClip(request, scope, { writesFile: true, shared: { ...shared, place: { workDir } } });
  checkAway(job.options);
  const { session, output, input, emit, clock, opened } = job;
  const options = await wholePaths(job.planned.options);
  const planned = forDevice({ ...job.planned, options }, device);
  await checkReport(job, planned);
  const { digest } = session.source.identity;
  const needs = await needsOf(options, opened.model.info.weightFiles);
  const { ticket, keys } = ticketOf(planned, { path: resolve(input), digest }, output, runTags({ ...job, planned }), needs);
  emit({ type: 'plan', plan: { ...(await summarise(job)), device: deviceOf(planned) } });
  const clip = { key: clipKey(digest), path: input, digest, bytes: (await stat(input)).size };
  await uploadNeeds(clip, needs, options, { store, clock, models: uploadModels, signal: scope.signal });
  await session.source.confirm();
  await store.parts.put(keys.ticket, packTicket(ticket));
  await noteJob(database, { id: keys.job, ticket: keys.ticket, input: basename(input), version: CLUSTER_VERSION, priority });
  await removeForced(cluster, planned, keys, job.options.force);
  const state = (await engine.states([keys.job])).get(keys.job);
  const finished = state?.status === 'SUCCESS' && (await store.hasFile(keys.result));
  if (!finished) {
    await engine.launch({ id: keys.job, workflow: 'job', queue: JOBS_QUEUE, priority, args: [keys.ticket, store.id] }, state);
  }
  onJob?.(keys.job);
  return { keys, ticket, job, planned };
};

/**
 * Re-renders a clip on the machines of a cluster, and brings the result here: the same bytes as a run on one machine.
 * @throws RerenderError as a run here does, and for a job that failed or was cancelled; the signal's reason on abort: the job goes on
 */
export const rerenderAway = (request: Request, away: Away): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const emit = request.onEvent ?? (() => undefined);
    const warn = (message: string): void => emit({ type: 'warning', message });
    const cluster = await openCluster(away, scope, warn);
    const submitted = await submitClip(request, scope, cluster, away, await openShared(scope, warn));
    const { previews } = submitted.job.options;
    const result = await awaitClip(submitted, { cluster, request, previews, shows: away.shows === true, scope });
    emit({ type: 'result', result });
    return result;
  });
