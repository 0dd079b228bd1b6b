// The one failure rule: what the caller of a worker thread hears when its job does not end with a value.
import { type ErrorKind, RerenderError } from '../config/errors.ts';
import { isCancelled, type Pending } from './pending.ts';
import type { Outcome } from './protocol.ts';
import type { Death } from './thread.ts';

/**
 * A call to a worker thread failed. Codes: `WORKER_DIED`, `WORKER_CLOSED`, the code of the RerenderError that the task threw,
 * and `TASK_FAILED` for other errors of a task.
 */
export class WorkerError extends RerenderError {
  /** The message without the name of the pool. */
  readonly reason: string;

  constructor(code: string, kind: ErrorKind, message: string, { reason = message, cause }: { reason?: string; cause?: unknown } = {}) {
    super(code, kind, message, { cause });
    this.reason = reason;
  }
}

export const closedError = (pool: string): WorkerError =>
  new WorkerError('WORKER_CLOSED', 'failure', `the ${pool} thread was closed; open it anew for more work`);

export const diedError = (pool: string, { died, cause }: Death, more: string): WorkerError =>
  new WorkerError('WORKER_DIED', 'failure', `the ${pool} thread ${died}${more}`, { cause });

/**
 * The error of a job without a value; undefined where a new thread is to do the job again: when a thread died at it for the first time,
 * the job still has its input, and the pool takes calls. `refusal` is why the pool takes no more.
 */
export const errorOf = (
  pool: string,
  pending: Pending,
  outcome: Exclude<Outcome, { value: unknown }> | Death,
  refusal: WorkerError | undefined,
): WorkerError | undefined => {
  if ('error' in outcome) {
    const { code, kind, message } = outcome.error;
    return refusal && isCancelled(pending) ? refusal : new WorkerError(code, kind, `${pool}: ${message}`, { reason: message });
  }
  if (refusal) return refusal;
  const { job, transfer, retried } = pending;
  if (transfer.length > 0 || isCancelled(pending)) return diedError(pool, outcome, ` during ${job.name}; run again`);
  return retried ? diedError(pool, outcome, ` twice during ${job.name}; run again, with fewer jobs if memory is short`) : undefined;
};
