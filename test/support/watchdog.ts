// What a test has started ends with the test's process, however that ends: a shell waits for the end of a pipe that only that process
// holds.
import { type ChildProcess, spawn } from 'node:child_process';

/** Runs a command of the shell when this process has gone. @param args its `$1`, `$2` ... */
export const whenGone = (command: string, ...args: readonly string[]): ChildProcess => {
  const shell = spawn('sh', ['-c', `cat >/dev/null; ${command}`, 'sh', ...args], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  (shell.stdin as typeof shell.stdin & { unref?(): void })?.unref?.();
  return shell;
};

/** Ends a child process with this one; of a child that has ended before the number may be another's by then. */
export const endWithTest = (child: ChildProcess): void => {
  const shell = whenGone('kill -9 "$1"', String(child.pid));
  child.once('exit', () => process.kill(-shell.pid!, 'SIGKILL')); // the shell and its cat: a group of their own
};
