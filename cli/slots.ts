// Several workers on one machine: a process each, which is begun again when it dies.
import { type ChildProcess, spawn } from 'node:child_process';
import { RerenderError } from '../config/errors.ts';
import { onExit } from '../config/exit-hooks.ts';

/** Milliseconds before a worker that died is begun again. */
const PAUSE = 2000;
/** Exit codes behind which the same would happen again. */
const HOPELESS = [2, 3];

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, PAUSE));

const ended = (child: ChildProcess): Promise<number | null> => new Promise(resolve => child.once('exit', code => resolve(code)));

/**
 * Runs this very command once for each slot, until `signal` aborts.
 * @param flags that differ from this command's, for the slot of a number
 * @throws RerenderError when every slot has ended for a reason that does not pass
 */
export const runSlots = async (
  slots: number,
  flags: (slot: number) => readonly string[],
  { tell, signal }: { readonly tell: (message: string) => void; readonly signal: AbortSignal },
): Promise<void> => {
  const runSlot = async (slot: number): Promise<number | null> => {
    while (!signal.aborted) {
      const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), ...flags(slot)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const stop = (): void => void child.kill('SIGTERM');
      const forget = onExit(stop);
      signal.addEventListener('abort', stop, { once: true });
      const code = await ended(child);
      signal.removeEventListener('abort', stop);
      forget();
      if (signal.aborted || HOPELESS.includes(code ?? 0)) return code;
      tell(`the worker of slot ${slot + 1} has ended; it begins again`);
      await pause();
    }
    return null;
  };
  const codes = await Promise.all(Array.from({ length: slots }, (_, slot) => runSlot(slot)));
  signal.throwIfAborted();
  const missing = codes.includes(3);
  throw new RerenderError('WORKERS', missing ? 'missing' : 'usage', 'no worker of this machine can work: see above.');
};
