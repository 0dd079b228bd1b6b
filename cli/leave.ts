// Leaving for good: once the work is over nothing that was left open may keep the program alive.
import type { Worker } from 'node:worker_threads';
import { runExitHooks } from '../config/exit-hooks.ts';

/** Milliseconds in which an ordinary end closes what it opened. */
const GRACE = 1000;
/** Milliseconds that a native run gets to reach its end, which exit() would abort. */
const NATIVE_PATIENCE = 120_000;
/** Milliseconds that file operations get, for which exit() would wait; one on a named pipe never ends. */
const FILE_PATIENCE = 5000;
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

  const leave = (exitCode: number, waited: number): void => {
    runExitHooks();
    const patience = isBusy()
      ? NATIVE_PATIENCE
      : process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'))
        ? FILE_PATIENCE
        : 0;
    if (waited < patience) setTimeout(leave, LOOK, exitCode, waited + LOOK).unref();
    else if (patience > 0) process.kill(process.pid, 'SIGKILL');
    else process.exit(exitCode);
  };

  return exitCode => {
    if (leaving) return;
    leaving = true;
    process.exitCode = exitCode;
    setTimeout(leave, GRACE, exitCode, 0).unref(); // nothing fires where nothing is left
  };
};
