// How well machines share a job: real workers, a real database and a real store, and units that are slept through.
import { type ChildProcess, spawn } from 'node:child_process';
import { onExit } from '../../config/exit-hooks.ts';
import { workerEntry } from '../../config/paths.ts';
import { type Scope, withScope } from '../../pipeline/session/scope.ts';
import { type Cluster, type ClusterPlace, openCluster } from '../cluster.ts';
import { JOBS_QUEUE } from '../engine.ts';
import { followJob } from '../follow.ts';
import { dropJob, noteJob } from '../jobs-table.ts';
import { packTicket, planOf } from '../ticket.ts';
import { unitsOf } from '../units.ts';
import { leastSeconds, PRETENDED, PRETENDED_VERSION, type Pretence, pretendedJob } from './plan.ts';

export type ScaleRow = {
  readonly workers: number;
  readonly seconds: number;
  /** What the units alone would take at best: a chain of key frames stays on one worker. */
  readonly least: number;
  /** `least / seconds`. */
  readonly efficiency: number;
};

export type ScaleBench = Pretence & {
  readonly units: number;
  readonly rows: readonly ScaleRow[];
  /** Seconds that a short unit costs a worker beside its work: database, store, queues, and its share of a job's begin and end. */
  readonly overhead: number;
};

export type ScaleRequest = ClusterPlace &
  Pretence & {
    readonly workers: readonly number[];
    readonly signal: AbortSignal;
    readonly onStep: (what: string) => void;
  };

/** What a unit's own cost is measured with: intervals alone count, one after the other. */
const SHORT: Pretence = { shots: 4, intervals: 8, keyframe: 0, interval: 0.2 };

/** Starts a worker that sleeps. @returns it when it takes work @throws Error when it ends before */
const startWorker = ({ databaseUrl, store, keyframe, interval }: ScaleRequest, name: string): Promise<ChildProcess> => {
  const entry = workerEntry(import.meta.url, 'worker').pathname;
  const child = spawn(process.execPath, [entry, databaseUrl, store, name, String(keyframe), String(interval)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onExit(() => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', chunk => {
      said += chunk;
      if (said.includes('takes work from')) resolve(child);
    });
    child.once('exit', () => reject(new Error(`a worker ended: ${said.trim()}`)));
  });
};

const startWorkers = (count: number, request: ScaleRequest, run: string): Promise<ChildProcess[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => startWorker(request, `bench-${run}-${i + 1}`)));

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null ? new Promise(resolve => child.once('exit', resolve)) : Promise.resolve();

/** Wall seconds of one job. */
const measure = async (cluster: Cluster, pretence: Pretence, name: string, signal: AbortSignal): Promise<number> => {
  const { database, engine, store } = cluster;
  const { ticket, keys } = pretendedJob(pretence, name);
  await store.parts.put(keys.ticket, packTicket(ticket));
  await noteJob(database, { id: keys.job, ticket: keys.ticket, input: name, version: PRETENDED_VERSION, priority: 0 });
  const begin = performance.now();
  await engine.launch({ id: keys.job, workflow: 'job', queue: JOBS_QUEUE, priority: 0, args: [keys.ticket, store.id] }, undefined);
  await followJob(cluster, keys, PRETENDED, { emit: () => undefined, signal });
  const seconds = (performance.now() - begin) / 1000;
  const units = unitsOf(planOf(ticket));
  await engine.remove([...units.map(({ id }) => id), keys.encode, keys.job]);
  await Promise.all(units.flatMap(unit => unit.keys.map(key => store.parts.remove(key))));
  await store.parts.remove(keys.ticket);
  await store.removeFile(keys.result);
  await dropJob(database, keys.job);
  return seconds;
};

const bench = async (request: ScaleRequest, scope: Scope): Promise<ScaleBench> => {
  const { shots, intervals, keyframe, interval, workers, signal, onStep } = request;
  const pretence = { shots, intervals, keyframe, interval };
  const cluster = await openCluster(request, scope, onStep, PRETENDED_VERSION);
  const run = String(Date.now());
  const rows: ScaleRow[] = [];
  for (const count of workers) {
    const children = await startWorkers(count, request, `${run}-${count}`);
    const seconds = await measure(cluster, pretence, `bench ${run} ${count}`, signal);
    const least = leastSeconds(pretence, count);
    rows.push({ workers: count, seconds, least, efficiency: least / seconds });
    onStep(`${count} workers: ${seconds.toFixed(1)} s, at best ${least.toFixed(1)} s`);
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map(ended));
  }
  const [child] = await startWorkers(1, { ...request, ...SHORT }, `${run}-0`);
  const seconds = await measure(cluster, SHORT, `bench ${run} 0`, signal);
  child!.kill('SIGTERM');
  await ended(child!);
  const count = SHORT.shots * SHORT.intervals;
  const overhead = seconds / count - SHORT.interval;
  const units = shots * (1 + intervals) + 1;
  return { ...pretence, units, rows, overhead };
};

/**
 * Measures the schedule: the same job with more and more workers, whose key frames and intervals take the seconds that are given.
 * @throws RerenderError where database or store cannot be used
 */
export const benchScale = (request: ScaleRequest): Promise<ScaleBench> => withScope(request.signal, scope => bench(request, scope));
