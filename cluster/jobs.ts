// The jobs of a cluster as people handle them: list, come back to one, cancel, try again, clean up.
import { extname, resolve } from 'node:path';
import { RerenderError, UsageError } from '../config/errors.ts';
import type { Listener, RunResult } from '../pipeline/events.ts';
import { checkOutput } from '../pipeline/session/output.ts';
import { deviceOf } from '../pipeline/session/plan-file.ts';
import { withScope } from '../pipeline/session/scope.ts';
import { type Cluster, type ClusterPlace, openCluster, openQueues } from './cluster.ts';
import { JOBS_QUEUE, type WorkState } from './engine.ts';
import { fetchResult, followJob, resultOf } from './follow.ts';
import { dropJob, type JobProgress, type JobRow, jobsIn, unitsOfAlone } from './jobs-table.ts';
import { jobKeys, planOf, type Ticket } from './ticket.ts';
import { unitsOf } from './units.ts';
import { readTicket } from './worker/tickets.ts';
import { type WorkerRow, workersIn } from './workers-table.ts';

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export type ListedJob = {
  readonly id: string;
  readonly input: string;
  readonly state: JobState;
  /** What it failed with. */
  readonly error?: string;
  readonly version: string;
  readonly priority: number;
  /** Seconds since it was submitted. */
  readonly age: number;
  readonly progress: JobProgress;
};

export type ClusterList = { readonly jobs: readonly ListedJob[]; readonly workers: readonly WorkerRow[] };

const STATES: Readonly<Record<string, JobState>> = {
  ENQUEUED: 'waiting',
  DELAYED: 'waiting',
  PENDING: 'running',
  SUCCESS: 'done',
  CANCELLED: 'cancelled',
};

const stateOf = (state: WorkState | undefined): JobState => STATES[state?.status ?? 'CANCELLED'] ?? 'failed';

const listed = ({ id, input, version, priority, age, progress }: JobRow, state: WorkState | undefined): ListedJob => ({
  ...{ id, input, state: stateOf(state), version, priority, age, progress },
  ...(stateOf(state) === 'failed' && state?.error !== undefined && { error: state.error }),
});

type Queues = Omit<Cluster, 'store'>;

const listIn = async ({ database, engine }: Queues): Promise<ClusterList> => {
  const rows = await jobsIn(database);
  const states = await engine.states(rows.map(({ id }) => id));
  return { jobs: rows.map(row => listed(row, states.get(row.id))), workers: await workersIn(database) };
};

/** The jobs, the oldest first, and who works. */
export const listJobs = (place: Pick<ClusterPlace, 'databaseUrl'>): Promise<ClusterList> =>
  withScope(undefined, async scope => listIn(await openQueues(place, scope)));

/** The job that a name, or the beginning of one, means. @throws UsageError where it means none or several */
const jobNamed = async ({ database }: Queues, name: string): Promise<JobRow> => {
  const rows = await jobsIn(database);
  const wanted = name.startsWith('job-') ? name : `job-${name}`;
  const found = rows.filter(({ id }) => id.startsWith(wanted));
  if (found.length === 1) return found[0]!;
  const what = found.length === 0 ? 'There is no job' : 'Several jobs begin with';
  throw new UsageError(`${what} ${name}: \`rerender jobs list\` shows them.`);
};

/** Stops a job. What it has made stays; {@link retryJob} goes on from there. */
export const cancelJob = (place: Pick<ClusterPlace, 'databaseUrl'>, name: string): Promise<string> =>
  withScope(undefined, async scope => {
    const queues = await openQueues(place, scope);
    const { id } = await jobNamed(queues, name);
    await queues.engine.cancel([id]); // before its units: who sees it through would send them again
    const row = await jobNamed(queues, id);
    await queues.engine.cancel(await unitsOfAlone(queues.database, id, row.running));
    return id;
  });

const launchAgain = async ({ engine, store }: Cluster, { id, ticket, priority }: JobRow): Promise<void> => {
  const state = (await engine.states([id])).get(id);
  if (state?.status === 'SUCCESS' && (await store.hasFile(jobKeys(ticket).result))) return;
  await engine.launch({ id, workflow: 'job', queue: JOBS_QUEUE, priority, args: [ticket, store.id] }, state);
};

/** Begins a job again that failed or was cancelled: it goes on from what is made. */
export const retryJob = (place: ClusterPlace, name: string): Promise<string> =>
  withScope(undefined, async scope => {
    const cluster = await openCluster(place, scope, () => undefined);
    const row = await jobNamed(cluster, name);
    await launchAgain(cluster, row);
    return row.id;
  });

export type AttachRequest = ClusterPlace & {
  readonly name: string;
  /** Where the result goes; of a job that makes none (`--stop-after`) nowhere. */
  readonly output?: string | undefined;
  readonly overwrite: boolean;
  readonly onEvent: Listener;
  readonly signal: AbortSignal;
};

const placeFor = async ({ ending }: Ticket, output: string | undefined, overwrite: boolean): Promise<string> => {
  if (output === undefined) throw new UsageError('No output: say where the result goes with -o FILE.');
  if (extname(output) !== ending) {
    throw new UsageError(`The job makes a ${ending} file: give -o a name with that ending, not ${output}.`);
  }
  await checkOutput(output, undefined, overwrite);
  return resolve(output);
};

/** Follows a job to its end and brings its result. @throws RerenderError when it failed or was cancelled */
export const attachJob = ({ name, output, overwrite, onEvent, signal, ...place }: AttachRequest): Promise<RunResult> =>
  withScope(signal, async scope => {
    const cluster = await openCluster(place, scope, message => onEvent({ type: 'warning', message }));
    const { ticket: key } = await jobNamed(cluster, name);
    const keys = jobKeys(key);
    const ticket = await readTicket(cluster.store, key);
    const target = ticket.options.stopAfter === undefined ? await placeFor(ticket, output, overwrite) : undefined;
    const { seconds } = await followJob(cluster, keys, deviceOf(planOf(ticket)), { emit: onEvent, signal: scope.signal });
    if (target !== undefined) await fetchResult(cluster.store, keys, target, overwrite);
    const result = resultOf(ticket, target, seconds);
    onEvent({ type: 'result', result });
    return result;
  });

/** Removes a job that has ended: its rows, its ticket and its result. Finished parts stay in the store. */
const cleanJob = async ({ database, engine, store }: Cluster, { id, ticket }: JobRow): Promise<void> => {
  const keys = jobKeys(ticket);
  const planned = await readTicket(store, ticket)
    .then(planOf)
    .catch(error => {
      if (error instanceof RerenderError) return undefined; // gone already, or of another version
      throw error;
    });
  const units = planned ? unitsOf(planned).map(unit => unit.id) : [];
  const mine = await unitsOfAlone(database, id, [...units, keys.encode]);
  await engine.remove([...mine, id]);
  await store.removeFile(keys.result);
  await store.parts.remove(ticket);
  await dropJob(database, id, mine);
};

/** Removes jobs that have ended. @param older seconds: those alone that were submitted so long ago */
export const cleanJobs = (place: ClusterPlace, older: number): Promise<readonly string[]> =>
  withScope(undefined, async scope => {
    const cluster = await openCluster(place, scope, () => undefined);
    const rows = await jobsIn(cluster.database);
    const states = await cluster.engine.states(rows.map(({ id }) => id));
    const ended = rows.filter(({ id, age }) => age >= older && !['waiting', 'running'].includes(stateOf(states.get(id))));
    for (const row of ended) await cleanJob(cluster, row);
    return ended.map(({ id }) => id);
  });
