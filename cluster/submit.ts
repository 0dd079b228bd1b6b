// Hands a clip to a cluster: plans it here, puts the clip and the plan into the store, queues the job, and follows it.
import { basename, resolve } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { exists } from '../config/exists.ts';
import type { Options } from '../config/options.ts';
import type { RunResult } from '../pipeline/events.ts';
import { type ClipJob, prepareClip } from '../pipeline/jobs/clip-job.ts';
import { runTags } from '../pipeline/jobs/metadata.ts';
import { summarise } from '../pipeline/jobs/summary.ts';
import type { PlannedClip } from '../pipeline/session/plan-file.ts';
import type { Request } from '../pipeline/session/request.ts';
import { type Scope, withScope } from '../pipeline/session/scope.ts';
import { openShared, type Shared } from '../pipeline/session/workshop.ts';
import { type Cluster, type ClusterPlace, openCluster } from './cluster.ts';
import { JOBS_QUEUE } from './engine.ts';
import { fetchResult, followJob, resultOf } from './follow.ts';
import { noteJob } from './jobs-table.ts';
import { clipKey, type JobKeys, packTicket, type Ticket, ticketOf } from './ticket.ts';
import { deviceOf } from './units.ts';
import { CLUSTER_VERSION } from './version.ts';

export type Away = ClusterPlace & {
  /** The smaller, the sooner. */
  readonly priority: number;
  /** The kind of device that draws; default the one that this machine would draw on. */
  readonly device?: string | undefined;
  /** Hears under which name the job is queued. */
  readonly onJob?: ((id: string) => void) | undefined;
};

/** Options that ask for something on this machine. */
const checkAway = ({ force, stopAfter, previews }: Options): void => {
  const flag = [force && '--force', stopAfter && '--stop-after', previews && '--previews'].find(Boolean);
  if (flag !== undefined) throw new UsageError(`${flag} does not go with --executor dbos: run it here, or leave ${flag} out.`);
};

/** Options that name files in one way or another. */
const NAMING = [
  'model',
  'vae',
  'modelConfig',
  'keyframes',
  'anchorImage',
  'modelFolders',
  'lora',
  'embedding',
  'control',
  'keyframe',
] as const;

/** The whole path where a word is, or ends in, or begins with that of a file here: `TYPE=PATH`, `PATH`, `PATH:WEIGHT`. */
const wholePath = async (word: string): Promise<string> => {
  if (await exists(word)) return resolve(word);
  const [, before, path] = /^([^=]*=)(.+)$/.exec(word) ?? [];
  if (path !== undefined && (await exists(path))) return `${before}${resolve(path)}`;
  const [, head, after] = /^(.+)(:[^:]*)$/.exec(word) ?? [];
  return head !== undefined && (await exists(head)) ? `${resolve(head)}${after}` : word;
};

/** With whole paths, which mean the same elsewhere. */
const wholePaths = async <O extends Options>(options: O): Promise<O> => {
  const values: Record<string, unknown> = {};
  for (const name of NAMING) {
    const value = options[name];
    if (typeof value === 'string') values[name] = await wholePath(value);
    else if (Array.isArray(value)) values[name] = await Promise.all(value.map(wholePath));
  }
  return { ...options, ...values };
};

/** The plan for another kind of device than this machine's: all keys of what is drawn differ. */
const forDevice = (planned: PlannedClip, device: string | undefined): PlannedClip => {
  if (device === undefined || device === deviceOf(planned)) return planned;
  return { ...planned, leaves: { ...planned.leaves, model: { ...(planned.leaves.model as object), device } } };
};

/** A job that is in a cluster's hands. */
export type Submitted = { readonly keys: JobKeys; readonly ticket: Ticket; readonly job: ClipJob };

/** Plans a clip and queues it. The same clip under the same options is the same job: it is found, or begun again where it had failed. */
export const submitClip = async (
  request: Request,
  scope: Scope,
  { engine, database, store }: Cluster,
  { priority, device, onJob }: Away,
  shared: Shared,
): Promise<Submitted> => {
  const workDir = async () => ({ store: store.parts, lasting: true, close: async () => undefined });
  const job = await prepareClip(request, scope, { writesFile: true, shared: { ...shared, place: { workDir } } });
  checkAway(job.options);
  const { session, output, input, emit } = job;
  const options = await wholePaths(job.planned.options);
  const planned = forDevice({ ...job.planned, options }, device);
  const { digest } = session.source.identity;
  const { ticket, keys } = ticketOf(planned, { path: resolve(input), digest }, output, runTags(job));
  emit({ type: 'plan', plan: { ...(await summarise(job)), device: deviceOf(planned) } });
  await store.putFile(clipKey(digest), input);
  await session.source.confirm();
  await store.parts.put(keys.ticket, packTicket(ticket));
  await noteJob(database, { id: keys.job, ticket: keys.ticket, input: basename(input), version: CLUSTER_VERSION, priority });
  const state = (await engine.states([keys.job])).get(keys.job);
  const finished = state?.status === 'SUCCESS' && (await store.hasFile(keys.result));
  if (!finished) {
    await engine.launch({ id: keys.job, workflow: 'job', queue: JOBS_QUEUE, priority, args: [keys.ticket, store.id] }, state);
  }
  onJob?.(keys.job);
  return { keys, ticket, job };
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
    const { keys, ticket, job } = await submitClip(request, scope, cluster, away, await openShared(scope, warn));
    const { seconds } = await followJob(cluster, keys, deviceOf(job.planned), { emit, signal: scope.signal });
    await fetchResult(cluster.store, keys, job.output, job.options.overwrite);
    const result = resultOf(ticket, job.output, seconds);
    emit({ type: 'result', result });
    return result;
  });
