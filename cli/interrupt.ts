// Ctrl-C and termination: once ends the run in order, twice leaves at once.
import { EXIT } from '../config/errors.ts';

/** The run was ended by a signal; finished parts are kept. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }
}

/** Runs `work` with a signal that SIGINT and SIGTERM abort; rejects with {@link Interrupted} then. */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>, onFirst: () => void): Promise<T> => {
  const controller = new AbortController();
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      for (const [name, handler] of handlers) process.off(name, handler);
      process.kill(process.pid, signal); // not exit(): a native run in a worker thread would abort the process
      return;
    }
    onFirst();
    controller.abort(new Interrupted(signal));
  };
  const handlers = (['SIGINT', 'SIGTERM'] as const).map(signal => [signal, () => stop(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
};
