// The worker's side of a pool: answers jobs one after another.
import { parentPort, type Transferable } from 'node:worker_threads';
import { RerenderError } from '../config/errors.ts';
import type { Calls, Job, Reply, TaskError } from './protocol.ts';

/** Throws when the caller has lost interest in the job; long tasks call it between their steps. */
export type Checkpoint = () => void;

/** A result; `transfer` names the buffers that move instead of being copied. */
export type Answer<T> = { readonly value: T; readonly transfer?: readonly Transferable[] };

/** One function a call. */
export type Handlers<C extends Calls> = {
  readonly [K in keyof C]: (input: C[K]['input'], checkpoint: Checkpoint) => Answer<C[K]['output']> | Promise<Answer<C[K]['output']>>;
};

const describe = (error: unknown): TaskError =>
  error instanceof RerenderError
    ? { code: error.code, kind: error.kind, message: error.message }
    : { code: 'TASK_FAILED', kind: 'failure', message: error instanceof Error ? error.message : String(error) };

/** Answers the calls of a pool with these handlers, for as long as the thread lives. */
export const serve = <C extends Calls>(handlers: Handlers<C>): void => {
  const port = parentPort;
  if (!port) throw new Error('serve is for worker threads');
  const reply = (message: Reply, transfer: readonly Transferable[] = []): void => port.postMessage(message, transfer);
  port.on('message', async ({ name, input, cancelled }: Job) => {
    const checkpoint = (): void => {
      if (Atomics.load(cancelled, 0) !== 0) throw new Error('cancelled');
    };
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`no call of the name ${name}`);
      const { value, transfer } = await handler(input, checkpoint);
      reply({ value }, transfer);
    } catch (error) {
      reply({ error: describe(error) });
    }
  });
  port.on('messageerror', error => reply({ error: describe(error) }));
  reply({ ready: true });
};
