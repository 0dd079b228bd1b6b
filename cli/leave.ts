// Leaving for good: once the work is over nothing that was left open may keep the program alive.
import type { Worker } from 'node:worker_threads';
import { runExitHooks } from '../config/exit-hooks.ts';

/** Milliseconds in which an ordinary end closes what it opened. */
const GRACE = 1000;
/** Milliseconds that a native run gets to reach its end. */
const PATIENCE = 120_000;
/** Milliseconds between two looks at the worker threads. */
const LOOK = 100;

/** Ends the program by a signal's own default: at once, with whatever runs in worker threads. */
export const leaveBySignal = (signal: NodeJS.Signals): void => {
  runExitHooks();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal); // not exit(): a native run in a worker thread would abort the process
};

/** Whether a worker did more than wait since the last look; a native run is one long turn of its event loop. */
const busyWorkers = (workers: ReadonlySet<Worker>): (() => boolean) => {
  const looks = new Map<Worker, ReturnType<Worker['performance']['eventLoopUtilization']>>();
  const isBusy = (worker: Worker): boolean => {
    const now = worker.performance.eventLoopUtilization();
    const before = looks.get(worker);
    looks.set(worker, now);
    return before === undefined || worker.performance.eventLoopUtilization(now, before).utilization > 0.05;
  };
  return () => [...workers].map(isBusy).includes(true);
};

/**
 * Follows the worker threads and runs the exit hooks at every end; to be called before the first thread starts.
 * @returns what ends the program with an exit code, after a short grace in which it ends by itself; a second call changes nothing
 */
export const prepareToLeave = (): ((exitCode: number) => void) => {
  const workers = new Set<Worker>();
  process.on('worker', worker => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  process.on('exit', runExitHooks);
  const isBusy = busyWorkers(workers);
  let leaving = false;

  const leave = (exitCode: number, patience: number): void => {
    runExitHooks();
    const busy = isBusy();
    if (busy && patience > 0) {
      setTimeout(leave, LOOK, exitCode, patience - LOOK).unref();
      return;
    }
    // exit() aborts a native run, and waits for file operations, of which one on a named pipe may never end
    if (busy || process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'))) process.kill(process.pid, 'SIGKILL');
    process.exit(exitCode);
  };

  return exitCode => {
    if (leaving) return;
    leaving = true;
    process.exitCode = exitCode;
    setTimeout(leave, GRACE, exitCode, PATIENCE).unref(); // nothing fires where nothing is left
  };
};
