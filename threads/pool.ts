// Calls to worker threads as promises: each call goes to the first free thread, in the order of asking.
import { type CallOptions, cancel, type Pending, pendingCall } from './pending.ts';
import type { Calls } from './protocol.ts';
import { openThread, type Thread } from './thread.ts';
import { closedError, diedError, errorOf, type WorkerError } from './worker-error.ts';

export type Pool<C extends Calls> = {
  /**
   * Runs a call on a free thread; waits in line when there is none. Shared memory (`SharedArrayBuffer`) is not copied.
   * @throws WorkerError when the task fails, the pool is closed, or the thread dies: a new thread does the job again, once, unless the
   * threads are stateful or the job's buffers moved to the thread that died
   */
  run<K extends keyof C & string>(name: K, input: C[K]['input'], options?: CallOptions): Promise<C[K]['output']>;
  /** Refuses what waits, cancels what runs, waits until that has ended, then ends all threads. What sees no cancellation resolves. */
  close(): Promise<void>;
};

export type PoolOptions = {
  /** What errors call the threads: "the NAME thread". */
  readonly name: string;
  /** Threads at the most, started when first needed; default 1. */
  readonly size?: number;
  /** Calls build on earlier ones (open sessions): the threads start at once, and after the death of one every call is refused. */
  readonly stateful?: boolean;
  /** What the entry file reads as `workerData`. */
  readonly workerData?: unknown;
};

/** Opens a pool of threads that run `entry`, a file that calls `serve`. */
export const openPool = <C extends Calls>(entry: URL, { name, size = 1, stateful = false, workerData }: PoolOptions): Pool<C> => {
  const threads = new Set<Thread>();
  const running = new Set<Pending>();
  const waiting: Pending[] = [];
  let refusal: WorkerError | undefined; // why no call is taken any more

  const refuse = (why: WorkerError): void => {
    refusal ??= why;
    for (const pending of waiting.splice(0)) pending.reject(refusal);
  };
  const start = (): Thread => {
    const thread = openThread(entry, workerData, death => {
      threads.delete(thread);
      if (stateful) refuse(diedError(name, death, '; start again'));
    });
    threads.add(thread);
    return thread;
  };
  const hand = async (thread: Thread, pending: Pending): Promise<void> => {
    running.add(pending);
    try {
      const outcome = await thread.ask(pending.job, pending.transfer);
      const error = 'value' in outcome ? undefined : errorOf(name, pending, outcome, refusal);
      if ('value' in outcome) pending.resolve(outcome.value);
      else if (error) pending.reject(error);
      else {
        pending.retried = true;
        waiting.unshift(pending);
      }
    } catch (error) {
      pending.reject(error); // an input that cannot be cloned
    }
    running.delete(pending);
    pump();
  };
  const pump = (): void => {
    while (waiting.length > 0) {
      const thread = [...threads].find(each => each.isFree()) ?? (threads.size < size ? start() : undefined);
      if (!thread) return;
      void hand(thread, waiting.shift()!);
    }
  };

  if (stateful) for (let n = 0; n < size; n++) start();

  return {
    async run(call, input, options = {}) {
      if (refusal) throw refusal;
      options.signal?.throwIfAborted();
      const pending = pendingCall(call, input, options, aborted => {
        const place = waiting.indexOf(aborted);
        if (place >= 0) waiting.splice(place, 1);
      });
      waiting.push(pending);
      pump();
      return pending.result as Promise<never>;
    },
    async close() {
      refuse(closedError(name));
      for (const pending of running) cancel(pending);
      await Promise.all([...threads].map(thread => thread.end()));
    },
  };
};
