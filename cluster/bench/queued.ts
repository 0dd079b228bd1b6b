// What a long queue costs: putting a unit into it, and looking into it as workers do, while more and more units wait.
import { type Scope, withScope } from '../../pipeline/session/scope.ts';
import { type Cluster, type ClusterPlace, openQueues } from '../cluster.ts';
import { APPLICATION } from '../engine.ts';
import { loadDbos } from '../packages.ts';
import { PRETENDED_VERSION } from './plan.ts';

export type QueuedRow = {
  /** Units that wait at the end of the row. */
  readonly queued: number;
  /** Milliseconds: to queue one, on average over the row; to take one out of the queue; to look into another queue, which is empty. */
  readonly enqueue: number;
  readonly take: number;
  readonly look: number;
};

export type QueuedBench = { readonly rows: readonly QueuedRow[] };

export type QueuedRequest = Pick<ClusterPlace, 'databaseUrl'> & {
  /** Units in the end. */
  readonly queued: number;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
};

const ROWS = 10;
/** Units that are queued at once: connections of the engine. */
const AT_ONCE = 4;
/** Looks of which the median is told. */
const LOOKS = 25;
/** Units that a worker takes with one look. */
const TAKEN = 1;

/** DBOS's own look into a queue, which its workers make; its client has it without offering it. */
type Looking = {
  findAndMarkStartableWorkflows(
    queue: { readonly name: string; readonly workerConcurrency: number },
    executor: string,
    version: string,
  ): Promise<readonly string[]>;
};

const openLooking = async (scope: Scope, { database }: Omit<Cluster, 'store'>): Promise<Looking> => {
  const { DBOSClient } = await loadDbos();
  const client = await DBOSClient.create({ systemDatabaseUrl: database.url, applicationName: APPLICATION, systemDatabasePoolSize: 1 });
  await scope.use({ close: () => client.destroy() });
  return (client as unknown as { readonly systemDatabase: Looking }).systemDatabase;
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Median milliseconds of a look into a queue. */
const timeLooks = async (looking: Looking, name: string): Promise<number> => {
  const times: number[] = [];
  for (let i = 0; i < LOOKS; i++) {
    const begin = performance.now();
    await looking.findAndMarkStartableWorkflows({ name, workerConcurrency: TAKEN }, 'bench', PRETENDED_VERSION);
    times.push(performance.now() - begin);
  }
  return median(times);
};

const bench = async ({ queued, signal, onStep, ...place }: QueuedRequest, scope: Scope): Promise<QueuedBench> => {
  const queues = await openQueues(place, scope, PRETENDED_VERSION);
  const { database, engine } = queues;
  const looking = await openLooking(scope, queues);
  const queue = `bench-${Date.now()}`;
  let next = 0;
  const enqueueTo = async (end: number): Promise<void> => {
    while (next < end) {
      signal.throwIfAborted();
      const id = `${queue}-${next++}`;
      await engine.launch({ id, workflow: 'unit', queue, priority: 100, args: ['', id, 'cpu', ''] }, undefined);
    }
  };
  const rows: QueuedRow[] = [];
  try {
    for (let row = 1; row <= ROWS; row++) {
      const [before, end] = [next, Math.round((queued * row) / ROWS)];
      const begin = performance.now();
      await Promise.all(Array.from({ length: AT_ONCE }, () => enqueueTo(end)));
      const enqueue = (performance.now() - begin) / Math.max(1, end - before);
      rows.push({ queued: end, enqueue, take: await timeLooks(looking, queue), look: await timeLooks(looking, `${queue}-empty`) });
      onStep(`${end} units wait: ${enqueue.toFixed(2)} ms to queue one`);
    }
  } finally {
    // By their names: one that a worker took for a dead one's too often is cancelled, and lies in no queue any more.
    await database.pool.query('DELETE FROM dbos.workflow_status WHERE workflow_uuid LIKE $1', [`${queue}-%`]);
    await database.pool.query('DELETE FROM rerender.deaths WHERE unit LIKE $1', [`${queue}-%`]);
  }
  return { rows };
};

/**
 * Queues units that nobody takes, and measures what the next one costs.
 * @throws RerenderError where the database cannot be used
 */
export const benchQueued = (request: QueuedRequest): Promise<QueuedBench> => withScope(request.signal, scope => bench(request, scope));
