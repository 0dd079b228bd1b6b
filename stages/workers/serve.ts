// The worker's side of a pool: answers jobs one after another.
import { parentPort } from 'node:worker_threads';
import { RerenderError } from '../../config/errors.ts';
import type { Job, Outcome, Tasks } from './protocol.ts';

/** Throws when the caller has lost interest in the job; long tasks call it between their steps. */
export type Checkpoint = () => void;

/** One function a task. The result's `transfer` names the buffers that move instead of being copied. */
export type Handlers<T extends Tasks> = {
  readonly [K in keyof T]: (input: T[K]['input'], checkpoint: Checkpoint) => { value: T[K]['output']; transfer?: ArrayBuffer[] };
};

const describe = (error: unknown): { code: string; message: string } => ({
  code: error instanceof RerenderError ? error.code : 'TASK_FAILED',
  message: error instanceof Error ? error.message : String(error),
});

/** Answers the jobs of a pool with these handlers, for as long as the thread lives. */
export const serve = <T extends Tasks>(handlers: Handlers<T>): void => {
  const port = parentPort;
  if (!port) throw new Error('serve is for worker threads');
  port.on('message', ({ id, task, input, cancelled }: Job) => {
    const checkpoint = (): void => {
      if (Atomics.load(cancelled, 0) !== 0) throw new Error('cancelled');
    };
    try {
      const handler = handlers[task];
      if (!handler) throw new Error(`no task of the name ${task}`);
      const { value, transfer } = handler(input, checkpoint);
      port.postMessage({ id, value } satisfies Outcome, transfer ?? []);
    } catch (error) {
      port.postMessage({ id, error: describe(error) } satisfies Outcome);
    }
  });
};
