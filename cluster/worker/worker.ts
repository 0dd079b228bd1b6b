// A worker: takes units of jobs from the queues of what its machine has, until it is told to stop.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { UsageError } from '../../config/errors.ts';
import { type Layer, settle } from '../../config/layers.ts';
import { userCache } from '../../config/paths.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import { chooseDevice } from '../../models/runtime/devices.ts';
import { type Scope, withScope } from '../../pipeline/session/scope.ts';
import { openShared } from '../../pipeline/session/workshop.ts';
import { type Bell, openBell } from '../bell.ts';
import { type Database, openDatabase } from '../database.ts';
import { APPLICATION, type Engine, JOBS_QUEUE, openEngine, WORKFLOWS } from '../engine.ts';
import { loadDbos } from '../packages.ts';
import { openStore } from '../store/open-store.ts';
import { patientStore } from '../store/patience.ts';
import type { SharedStore } from '../store/store.ts';
import { queueOf } from '../units.ts';
import { CLUSTER_VERSION } from '../version.ts';
import { type Beat, beat, forget } from '../workers-table.ts';
import { type Heart, startHeart } from './heartbeat.ts';
import { countedStore, openMeter } from './meter.ts';
import { type MetricsPlace, openMetrics } from './metrics.ts';
import { keepPace, paceNow } from './pace.ts';
import { giveBackCounted } from './takeover.ts';
import { openTickets } from './tickets.ts';
import { type CarryOut, type Context, carryOutWith, jobWorkflow, unitWorkflow } from './workflows.ts';

/** What a machine gives: 1 draws, 1 propagates and encodes; 0 leaves that to others. */
export type Resources = { readonly inference: number; readonly cpu: number };

export type WorkerRequest = {
  readonly databaseUrl: string;
  readonly store: string;
  readonly resources: Resources;
  /** What others know it by; under a name of its own it goes on where it was after a restart. Default: machine and process. */
  readonly name?: string | undefined;
  /** Seconds without a heartbeat after which its units are given to others. */
  readonly silence: number;
  /** Options of this machine: device, threads, programs. */
  readonly layers: readonly Layer[];
  /** Bytes of models and pictures from the store that stay on this machine. */
  readonly fetchedLimit: number;
  /** Where its numbers are served for Prometheus. */
  readonly metrics?: MetricsPlace | undefined;
  readonly tell: (message: string) => void;
  readonly signal: AbortSignal;
  readonly version?: string;
  /** In place of drawing and encoding, for measurements of the schedule; and the device that it is said to be. */
  readonly pretend?: { readonly device: string; carryOut(store: SharedStore, bell: Bell): CarryOut };
};

/** Short units are taken while one runs, so that no look is waited for between two. */
const AHEAD = 1;
/** Jobs that one worker sees through at once: that costs it a look each a second, and where the bell rings. */
const JOBS_AT_ONCE = 100;
/** Milliseconds between two looks for jobs of other versions. */
const VERSIONS = 10_000;

const waitForName = async (database: Database, worker: Beat, { silence, tell, signal }: WorkerRequest): Promise<void> => {
  const begin = performance.now();
  for (let tries = 0; !(await beat(database, worker, [])); tries++) {
    if (tries === 0) tell(`a worker ${worker.id} was here until lately; waiting until it is known to be gone`);
    if (performance.now() - begin > 1500 * silence) {
      throw new UsageError(`A worker ${worker.id} is at work already: give this one another --name.`);
    }
    await new Promise(wake => setTimeout(wake, 500));
    signal.throwIfAborted();
  }
};

/** Tells, once each, of jobs that wait for another version. */
const watchVersions = (engine: Engine, version: string, tell: (message: string) => void): NodeJS.Timeout => {
  const told = new Set<string>();
  const look = async (): Promise<void> => {
    for (const { version: other } of await engine.waiting(JOBS_QUEUE)) {
      if (other === version || told.has(other)) continue;
      told.add(other);
      const what = 'run workers of that version, or submit them again with this one';
      tell(`jobs wait for rerender ${other}; this is ${version} and leaves them: ${what}`);
    }
  };
  look().catch(() => undefined);
  return setInterval(() => void look().catch(() => undefined), VERSIONS);
};

/** The queues that a worker takes units from. */
const queuesOf = ({ inference, cpu }: Resources, device: string | undefined): string[] => [
  ...(inference > 0 && device !== undefined ? [queueOf({ resource: 'inference' }, device)] : []),
  ...(cpu > 0 ? [queueOf({ resource: 'cpu' }, ''), queueOf({ resource: 'encode' }, '')] : []),
];

/** Starts taking work. Returns what ends that. */
const launch = async (context: Context, queues: readonly string[]): Promise<() => Promise<void>> => {
  const { DBOS } = await loadDbos();
  const { database, worker, request } = context;
  const warn = (entry: unknown): void => {
    if (!context.leaving.now) request.tell(`DBOS: ${entry instanceof Error ? entry.message : String(entry)}`);
  };
  DBOS.registerWorkflow(unitWorkflow(context), { name: WORKFLOWS.unit });
  DBOS.registerWorkflow(jobWorkflow(context), { name: WORKFLOWS.job });
  DBOS.setConfig({
    name: APPLICATION,
    systemDatabaseUrl: database.url,
    systemDatabasePoolSize: 6,
    runMigrations: false, // they are made when the database is opened
    applicationVersion: worker.version,
    executorID: worker.id,
    listenQueues: [JOBS_QUEUE, ...queues],
    logger: { info: () => undefined, debug: () => undefined, warn, error: warn },
  });
  await DBOS.launch();
  const pace = await paceNow(database);
  const register = (queue: string, workerConcurrency: number) =>
    DBOS.registerQueue(queue, { workerConcurrency, minPollingIntervalMs: pace, onConflict: 'always_update' });
  const cpu = queueOf({ resource: 'cpu' }, '');
  const registered = [await register(JOBS_QUEUE, JOBS_AT_ONCE)];
  for (const queue of queues) registered.push(await register(queue, queue === cpu ? 1 + AHEAD : 1));
  const stopPace = keepPace(database, registered, pace);
  return async () => {
    stopPace();
    await DBOS.shutdown({ deregister: true });
  };
};

/** Ends when the signal does, or with what is wrong with this machine. What it was at waits for others then, at once. */
const workUntilToldToStop = async (
  context: Omit<Context, 'leaving'>,
  queues: readonly string[],
  onHeart: (heart: Heart) => Promise<void>,
): Promise<void> => {
  const { database, engine, held, worker, request } = context;
  const { signal, tell } = request;
  let end = (_: unknown): void => undefined;
  const ended = new Promise<unknown>(resolve => (end = resolve));
  const leaving = { now: false, because: end };
  const ending = (): void => {
    leaving.now = true;
    end(undefined);
  };
  signal.addEventListener('abort', ending, { once: true });
  const heart = startHeart({ database, engine, worker, held, tell });
  const versions = watchVersions(engine, worker.version, tell);
  try {
    await onHeart(heart);
    const shutdown = await launch({ ...context, leaving }, queues);
    tell(`${worker.id} takes work from ${queues.join(', ')} (rerender ${worker.version}, store ${context.store.name})`);
    const error = signal.aborted ? undefined : await ended;
    leaving.now = true;
    await shutdown();
    const mine = await engine.running(worker.id);
    if (error === undefined) await engine.giveBack(mine);
    else await giveBackCounted(database.pool, engine, mine);
    if (mine.length > 0) tell(`${mine.length} units are given back`);
    if (error !== undefined) throw error;
  } finally {
    clearInterval(versions);
    await heart.stop();
    await forget(database, worker).catch(() => undefined);
  }
};

/** How units are carried out here: with a session over each job's clip. */
const carryingOut = async (
  { layers, fetchedLimit, tell, pretend }: WorkerRequest,
  store: SharedStore,
  bell: Bell,
  scope: Scope,
): Promise<CarryOut> => {
  if (pretend) return pretend.carryOut(store, bell);
  const { options: here } = settle(layers);
  const { folder } = await scope.use(openTemporaryFolder());
  const shared = await openShared(scope, tell);
  const fetched = { folder: join(userCache(), 'fetched'), limit: fetchedLimit };
  return carryOutWith(
    store,
    await scope.use(openTickets({ store, here, shared, folder, fetched, signal: scope.signal, tell })),
    bell,
    tell,
  );
};

const serve = async (request: WorkerRequest, scope: Scope): Promise<void> => {
  const { resources, name = `${hostname()}-${process.pid}`, version = CLUSTER_VERSION, tell, signal, pretend } = request;
  const chosen = async () => pretend ?? chooseDevice(settle(request.layers).options.device);
  const device = resources.inference > 0 ? (await chosen()).device : undefined;
  const database = await scope.use(openDatabase(request.databaseUrl));
  const meter = openMeter();
  const store = patientStore(countedStore(await scope.use(openStore(request.store)), meter), { tell, signal: scope.signal });
  const engine = await scope.use(openEngine(database, version));
  const bell = await scope.use(openBell(database));
  const carryOut = await carryingOut(request, store, bell, scope);
  const worker: Beat = { id: name, instance: randomUUID(), version, device, resources: { ...resources }, silence: request.silence };
  await waitForName(database, worker, request);
  const turns = { inference: pLimit(1), cpu: pLimit(1), encode: pLimit(1) };
  const held: Context['held'] = new Map();
  const serveMetrics = async (heart: Heart): Promise<void> => {
    if (!request.metrics) return;
    const running = () => [...held.values()].flatMap(one => one.running() ?? []);
    const { url } = await scope.use(openMetrics(request.metrics, { database, worker, read: meter.read, running, heartbeat: heart.age }));
    tell(`numbers for Prometheus are at ${url}`);
  };
  const context = { database, engine, store, bell, carryOut, turns, meter, held, worker, request };
  await workUntilToldToStop(context, queuesOf(resources, device), serveMetrics);
  signal.throwIfAborted();
};

/**
 * Takes units of jobs until `signal` aborts; they go back to their queues then.
 * @throws RerenderError where the database, the store, a model or a program of this machine cannot be used
 */
export const runWorker = (request: WorkerRequest): Promise<void> => withScope(undefined, scope => serve(request, scope));
