// One worker thread that does one job at a time, and what is left of a job when the thread dies.
import { type Transferable, Worker } from 'node:worker_threads';
import type { Job, Outcome, Reply } from './protocol.ts';

/** Why a thread is gone, as the end of "the thread ...". */
export type Death = { readonly died: string; readonly cause?: unknown };

export type Thread = {
  readonly isFree: () => boolean;
  /**
   * Hands a free thread its next job. Resolves also when the task fails or the thread dies at it.
   * @throws DataCloneError for an input that cannot be cloned; the thread is free again
   */
  readonly ask: (job: Job, transfer: readonly Transferable[]) => Promise<Outcome | Death>;
  /** Waits for the job in progress and ends the thread. */
  readonly end: () => Promise<void>;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Starts a thread whose file calls `serve`. It keeps the process alive while it has a job and not otherwise.
 * `onDeath` is called once, before the job in progress resolves.
 */
export const openThread = (entry: URL, workerData: unknown, onDeath: (death: Death) => void): Thread => {
  const worker = new Worker(entry, { workerData, execArgv: [] });
  let finish: ((outcome: Outcome | Death) => void) | undefined;
  let lastJob: Promise<unknown> = Promise.resolve();
  let death: Death | undefined;
  let started = (): void => undefined;
  const ready = new Promise<void>(resolve => (started = resolve));
  worker.unref();

  const settle = (outcome: Outcome | Death): void => {
    const finishJob = finish;
    finish = undefined;
    worker.unref();
    finishJob?.(outcome);
  };
  const bury = (how: Death): void => {
    if (death) return;
    death = how;
    started();
    onDeath(how);
    settle(how);
  };
  worker.on('message', (reply: Reply) => ('ready' in reply ? started() : settle(reply)));
  worker.on('messageerror', error => settle({ error: { code: 'TASK_FAILED', kind: 'failure', message: messageOf(error) } }));
  worker.on('error', cause => bury({ died: `failed: ${messageOf(cause)}`, cause }));
  worker.on('exit', code => bury({ died: `stopped with exit code ${code}` }));

  return {
    isFree: () => finish === undefined && death === undefined,
    ask(job, transfer) {
      worker.postMessage(job, transfer);
      worker.ref();
      const outcome = new Promise<Outcome | Death>(resolve => (finish = resolve));
      lastJob = outcome;
      return outcome;
    },
    async end() {
      await lastJob;
      worker.ref();
      await ready; // a thread that ends while a native library is being loaded brings the process down
      await worker.terminate();
    },
  };
};
