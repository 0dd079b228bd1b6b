// A named pipe that nobody writes to: opening it waits for ever.
import { execFileSync } from 'node:child_process';

/** Makes a named pipe; POSIX only. */
export const namedPipe = (path: string): string => {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
  return path;
};
