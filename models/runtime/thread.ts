// Calls to a worker thread as promises: one at a time, in order, and none left hanging when the thread dies.
import { type Transferable, Worker } from 'node:worker_threads';
import { RerenderError } from '../../config/errors.ts';

/** The inference thread could not do what it was asked, or is gone. */
export class RuntimeError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('RUNTIME', 'failure', message, options);
  }
}

/** What a thread says once it has loaded its libraries, and what it answers: a result, or the message of the error. */
export type Reply = { readonly ready: true } | { readonly value: unknown } | { readonly failure: string };

/** The calls that a thread knows: argument and result by name. */
export type Calls = { readonly [name: string]: { readonly argument: unknown; readonly result: unknown } };

export type CallOptions = {
  /** Buffers that move to the thread instead of being copied; the caller must own them. */
  readonly transfer?: readonly Transferable[];
  /** Seen when the call's turn comes; a call that has begun is not interrupted. */
  readonly signal?: AbortSignal;
};

export type Thread<C extends Calls> = {
  readonly call: <K extends keyof C & string>(name: K, argument: C[K]['argument'], options?: CallOptions) => Promise<C[K]['result']>;
  /** Waits for the call in progress, refuses those behind it, and ends the thread. */
  readonly close: () => Promise<void>;
};

type Pending = { readonly resolve: (value: unknown) => void; readonly reject: (reason: Error) => void };

/**
 * Starts a worker whose file says that it is ready, then answers every `{ name, argument }` message with a `Reply`. An idle thread does not
 * keep the process alive. A call rejects with RuntimeError when the thread reports a failure, dies, or was closed.
 */
export const openThread = <C extends Calls>(file: URL, workerData: unknown): Thread<C> => {
  const worker = new Worker(file, { workerData, execArgv: [] });
  let pending: Pending | undefined;
  let gone: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let started = (): void => undefined;
  const ready = new Promise<void>(resolve => (started = resolve));
  worker.unref();

  const settle = (finish: (call: Pending) => void): void => {
    const call = pending;
    pending = undefined;
    worker.unref();
    if (call) finish(call);
  };
  const bury = (reason: string): void => {
    gone ??= reason;
    started();
    settle(({ reject }) => reject(new RuntimeError(`${reason}; start again`)));
  };
  worker.on('message', (reply: Reply) => {
    if ('ready' in reply) return started();
    settle(({ resolve, reject }) => ('failure' in reply ? reject(new RuntimeError(reply.failure)) : resolve(reply.value)));
  });
  worker.on('error', cause => bury(`the inference thread failed: ${cause instanceof Error ? cause.message : String(cause)}`));
  worker.on('exit', code => bury(`the inference thread stopped with code ${code}`));

  const send = (message: unknown, { transfer = [], signal }: CallOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (gone) throw new RuntimeError(`${gone}; start again`);
      worker.postMessage(message, transfer);
      pending = { resolve, reject };
      worker.ref();
    });

  return {
    call<K extends keyof C & string>(name: K, argument: C[K]['argument'], options: CallOptions = {}) {
      const turn = queue.then(() => send({ name, argument }, options));
      queue = turn.catch(() => undefined);
      return turn as Promise<C[K]['result']>;
    },
    async close() {
      gone ??= 'the inference thread was closed';
      await queue;
      worker.ref();
      await ready; // a thread that ends while a library is being loaded brings the process down
      await worker.terminate();
    },
  };
};
