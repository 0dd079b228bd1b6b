// DBOS's client as this program uses it: work is put into queues under its key, and each key runs once at a time.
import type { DBOSClient } from '@dbos-inc/dbos-sdk';
import type { Database } from './database.ts';
import { loadDbos } from './packages.ts';
import { CLUSTER_VERSION } from './version.ts';

/** The names under which DBOS knows the application and its two kinds of workflows. */
export const APPLICATION = 'rerender';
export const WORKFLOWS = { job: 'job', unit: 'unit' } as const;
/** The queue of the jobs themselves: a worker follows many at once. */
export const JOBS_QUEUE = 'jobs';

export type WorkStatus = 'ENQUEUED' | 'PENDING' | 'SUCCESS' | 'ERROR' | 'CANCELLED' | string;

export type WorkState = {
  readonly id: string;
  readonly status: WorkStatus;
  readonly version: string;
  readonly executor: string;
  readonly queue: string | undefined;
  /** What it failed with. */
  readonly error: string | undefined;
  /** Milliseconds since 1970, by the clock of the machine that took it. */
  readonly takenAt: number | undefined;
};

export type Work = {
  readonly id: string;
  readonly workflow: keyof typeof WORKFLOWS;
  readonly queue: string;
  /** The smaller, the sooner. */
  readonly priority: number;
  readonly args: readonly string[];
};

export type Engine = {
  /** Of these ids those that are known. */
  states(ids: readonly string[]): Promise<ReadonlyMap<string, WorkState>>;
  /** What runs: in the records of one worker, or of all. */
  running(executor?: string): Promise<WorkState[]>;
  /** What waits in a queue. */
  waiting(queue: string): Promise<WorkState[]>;
  /** Sees to it that work is queued or runs: one that has ended, however, begins again. */
  launch(work: Work, state: WorkState | undefined): Promise<void>;
  /** Gives running work back to its queue. */
  giveBack(states: readonly WorkState[]): Promise<void>;
  cancel(ids: readonly string[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

/** What goes wrong is told by whoever asked. */
const SILENT: DLogger = { info: () => undefined, debug: () => undefined, warn: () => undefined, error: () => undefined };

const ENDED: readonly string[] = ['SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'];

const textOf = (error: unknown): string | undefined => {
  if (error === undefined || error === null) return undefined;
  return typeof error === 'object' && 'message' in error ? String(error.message) : String(error);
};

type DLogger = NonNullable<Parameters<(typeof DBOSClient)['create']>[0]['logger']>;
type Listing = Parameters<DBOSClient['listWorkflows']>[0];

const lister =
  (client: DBOSClient) =>
  async (what: Listing): Promise<WorkState[]> =>
    (await client.listWorkflows({ ...what, loadInput: false })).map(found => ({
      id: found.workflowID,
      status: found.status,
      version: found.applicationVersion ?? '',
      executor: found.executorId ?? '',
      queue: found.queueName,
      error: textOf(found.error),
      takenAt: found.dequeuedAt,
    }));

/** @param version of the work that it launches */
export const openEngine = async ({ url }: Database, version: string = CLUSTER_VERSION): Promise<Engine> => {
  const { DBOSClient } = await loadDbos();
  const client = await DBOSClient.create({
    systemDatabaseUrl: url,
    applicationName: APPLICATION,
    systemDatabasePoolSize: 4,
    logger: SILENT,
  });
  const list = lister(client);
  return {
    states: async ids => {
      if (ids.length === 0) return new Map();
      return new Map((await list({ workflowIDs: [...ids] })).map(state => [state.id, state]));
    },
    running: executor =>
      list({
        status: 'PENDING',
        loadOutput: false,
        workflowName: Object.values(WORKFLOWS),
        ...(executor !== undefined && { executorId: executor }),
      }),
    waiting: queue => list({ status: 'ENQUEUED', queueName: queue, loadOutput: false }),
    launch: async ({ id, workflow, queue, priority, args }, state) => {
      if (!state) {
        const name = WORKFLOWS[workflow];
        await client.enqueue({ workflowName: name, queueName: queue, workflowID: id, appVersion: version, priority }, ...args);
        return;
      }
      if (!ENDED.includes(state.status)) {
        if (state.version === version || state.status === 'PENDING') return;
        await client.cancelWorkflow(id); // it waits for workers of another version, which may be nowhere any more
      }
      await client.rewindWorkflow(id, { startStep: 0, queueName: queue, applicationVersion: version }).catch(async error => {
        const now = (await list({ workflowIDs: [id] }))[0];
        if (!now || ENDED.includes(now.status)) throw error; // else another job has begun it again
      });
    },
    giveBack: async states => {
      for (const queue of new Set(states.map(state => state.queue))) {
        const ids = states.filter(state => state.queue === queue).map(({ id }) => id);
        await client.resumeWorkflows(ids, queue === undefined ? {} : { queueName: queue });
      }
    },
    cancel: async ids => {
      if (ids.length > 0) await client.cancelWorkflows([...ids]);
    },
    remove: async ids => {
      if (ids.length > 0) await client.deleteWorkflows([...ids]);
    },
    close: () => client.destroy(),
  };
};
