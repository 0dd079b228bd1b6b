// A pool of worker threads: jobs go to the first free one, in the order they were asked for.
import { Worker } from 'node:worker_threads';
import { RerenderError } from '../../config/errors.ts';
import type { Job, Outcome, Tasks } from './protocol.ts';

/** A worker thread failed at a task, died, or was closed while it had work. */
export class WorkerError extends RerenderError {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, 'failure', message, options);
  }
}

export type Pool<T extends Tasks> = {
  /**
   * Runs a task on a free worker; waits in line when there is none.
   * Buffers that are shared (`SharedArrayBuffer`) are not copied. Rejects with the signal's reason on abort, and with WorkerError
   * when the task fails, the thread dies for the second time at it (after the first, a new thread does it again) or the pool is closed.
   */
  run<K extends keyof T & string>(task: K, input: T[K]['input'], signal?: AbortSignal): Promise<T[K]['output']>;
  /** Ends all threads; what is still waiting or running is rejected. */
  close(): Promise<void>;
};

type Pending = { job: Job; retried: boolean; resolve: (value: unknown) => void; reject: (reason: unknown) => void };
type Thread = { worker: Worker; current: Pending | undefined };

/** Opens a pool of at most `size` threads (started when first needed) that run `entry`; `name` is what errors call it. */
export const openPool = <T extends Tasks>(entry: URL, { size, name }: { size: number; name: string }): Pool<T> => {
  const threads = new Set<Thread>();
  const waiting: Pending[] = [];
  let closed = false;
  let lastId = 0;

  const settle = (thread: Thread, finish: (pending: Pending) => void): void => {
    const { current } = thread;
    thread.current = undefined;
    thread.worker.unref(); // an idle pool does not keep the program alive
    if (current) finish(current);
    pump();
  };

  const start = (): Thread => {
    const thread: Thread = { worker: new Worker(entry), current: undefined };
    thread.worker.on('message', (outcome: Outcome) =>
      settle(thread, ({ resolve, reject }) => {
        if ('error' in outcome) reject(new WorkerError(outcome.error.code, `${name}: ${outcome.error.message}`));
        else resolve(outcome.value);
      }),
    );
    const died = (reason: string, cause?: unknown): void => {
      if (!threads.delete(thread)) return;
      settle(thread, pending => {
        const { job, reject } = pending;
        if (!pending.retried && !closed && Atomics.load(job.cancelled, 0) === 0) {
          pending.retried = true;
          waiting.unshift(pending);
          return;
        }
        reject(
          new WorkerError(
            'WORKER_DIED',
            `${name}: the worker thread died twice during ${job.task} (${reason}); run again, with fewer jobs if memory is short`,
            { cause },
          ),
        );
      });
    };
    thread.worker.on('error', error => died(error instanceof Error ? error.message : String(error), error));
    thread.worker.on('exit', code => died(`exit code ${code}`));
    threads.add(thread);
    return thread;
  };

  const pump = (): void => {
    while (waiting.length > 0 && !closed) {
      const thread = [...threads].find(t => !t.current) ?? (threads.size < size ? start() : undefined);
      if (!thread) return;
      const next = waiting.shift()!;
      thread.current = next;
      thread.worker.ref();
      try {
        thread.worker.postMessage(next.job);
      } catch (error) {
        settle(thread, ({ reject }) => reject(error)); // an input that cannot be cloned
      }
    }
  };

  return {
    run: (task, input, signal) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new WorkerError('WORKER_CLOSED', `${name}: closed, open it anew for more work`));
        if (signal?.aborted) return reject(signal.reason);
        const cancelled = new Int32Array(new SharedArrayBuffer(4));
        const pending: Pending = {
          job: { id: ++lastId, task, input, cancelled },
          retried: false,
          resolve: value => done(() => resolve(value as never)),
          reject: e => done(() => reject(e)),
        };
        const abort = (): void => {
          Atomics.store(cancelled, 0, 1); // a running job ends at its next checkpoint; its thread stays busy until then
          const place = waiting.indexOf(pending);
          if (place >= 0) waiting.splice(place, 1);
          pending.reject(signal?.reason);
        };
        const done = (settleIt: () => void): void => {
          signal?.removeEventListener('abort', abort);
          settleIt();
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(pending);
        pump();
      }),
    close: async () => {
      closed = true;
      const gone = new WorkerError('WORKER_CLOSED', `${name}: closed while it had work`);
      for (const pending of waiting.splice(0)) pending.reject(gone);
      const ending = [...threads];
      threads.clear();
      for (const { current } of ending) current?.reject(gone);
      await Promise.all(ending.map(({ worker }) => worker.terminate()));
    },
  };
};
