// A call on its way: the job that a thread is handed, and the promise of who asked.
import type { Transferable } from 'node:worker_threads';
import type { Job } from './protocol.ts';

export type CallOptions = {
  /**
   * On abort the call rejects at once with the signal's reason. A job that runs ends at its next checkpoint, and its thread is busy
   * until then.
   */
  readonly signal?: AbortSignal | undefined;
  /** Buffers that move to the thread instead of being copied; the caller must own them. */
  readonly transfer?: readonly Transferable[] | undefined;
};

export type Pending = {
  readonly job: Job;
  readonly transfer: readonly Transferable[];
  /** Whether a thread died at it. */
  retried: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly result: Promise<unknown>;
};

export const isCancelled = ({ job }: Pending): boolean => Atomics.load(job.cancelled, 0) !== 0;

/** Tells a running job to end at its next checkpoint. */
export const cancel = ({ job }: Pending): void => {
  Atomics.store(job.cancelled, 0, 1);
};

/** `onAbort` is called when the signal fires before the call has settled. */
export const pendingCall = (
  name: string,
  input: unknown,
  { signal, transfer = [] }: CallOptions,
  onAbort: (pending: Pending) => void,
): Pending => {
  let [resolve, reject] = [(_: unknown): void => undefined, (_: unknown): void => undefined];
  const result = new Promise<unknown>((onValue, onError) => ([resolve, reject] = [onValue, onError]));
  const job: Job = { name, input, cancelled: new Int32Array(new SharedArrayBuffer(4)) };
  const once = (settle: (value: unknown) => void) => (value: unknown) => {
    signal?.removeEventListener('abort', abort);
    settle(value);
  };
  const pending: Pending = { job, transfer, retried: false, resolve: once(resolve), reject: once(reject), result };
  const abort = (): void => {
    cancel(pending);
    onAbort(pending);
    pending.reject(signal?.reason);
  };
  signal?.addEventListener('abort', abort, { once: true });
  return pending;
};
