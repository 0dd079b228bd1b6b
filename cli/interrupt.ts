// Ctrl-C and termination: once ends the run in order, twice leaves at once. A termination waits for that order only so long.
import { EXIT } from '../config/errors.ts';
import { leaveBySignal } from './leave.ts';

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;
type Signal = keyof typeof CODES;

/** Milliseconds from the first SIGTERM or SIGHUP to the end, however busy the program is: services kill after some seconds. */
const DEADLINE = 1200;

/** The run was ended by a signal; finished parts are kept. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`interrupted by ${signal}`);
    this.exitCode = CODES[signal];
  }
}

/**
 * Runs `work` with a signal that SIGINT, SIGTERM and SIGHUP abort; rejects with {@link Interrupted} then. An error that nobody caught
 * aborts it, too, and is what it rejects with, at once: whoever should have passed it on may wait for ever.
 */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>, onFirst: () => void): Promise<T> => {
  const controller = new AbortController();
  const stop = (signal: Signal) => {
    if (controller.signal.aborted) return leaveBySignal(signal);
    onFirst();
    controller.abort(new Interrupted(signal));
    // it stays when `work` has ended: what that left open may not hold the program either
    if (signal !== 'SIGINT') setTimeout(() => leaveBySignal(signal), DEADLINE).unref();
  };
  const handlers = (Object.keys(CODES) as Signal[]).map(signal => [signal, () => stop(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const uncaught = (error: Error): void => {
    fail(error);
    controller.abort(error);
  };
  process.on('uncaughtException', uncaught);
  try {
    return await Promise.race([work(controller.signal), failed]);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    process.off('uncaughtException', uncaught);
  }
};
