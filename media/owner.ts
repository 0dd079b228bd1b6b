// Who a temporary file or a lease belongs to: its name tells the process that made it, so that what a dead process left can be removed.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const linked = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** State and start time (clock ticks since the system started) of a process, where /proc tells them; proc(5), `stat`, fields 3 and 22. */
const processStat = (pid: number): { state: string; start: string } | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const rest = fields.slice(fields.lastIndexOf(')') + 2).split(' '); // the name in parentheses may hold anything
    return { state: rest[0] ?? '', start: rest[19] ?? '0' };
  } catch {
    return undefined;
  }
};

/** This machine and, in a container, its own numbering of processes. */
const place = createHash('sha256')
  .update(`${hostname()}\n${linked('/proc/self/ns/pid')}`)
  .digest('hex')
  .slice(0, 8);

/** This process, as file names spell it: `PLACE-PID-START`. */
export const OWNER = `${place}-${process.pid}-${processStat(process.pid)?.start ?? '0'}`;

/** What {@link OWNER} looks like inside a regular expression. */
export const OWNER_PATTERN = '[0-9a-f]{8}-\\d+-\\d+';

const isRunning = (pid: number, start: string): boolean => {
  const found = processStat(pid);
  if (found) return !/[ZX]/.test(found.state) && (start === '0' || found.start === start);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * Whether the process that a name tells has ended. Processes of other machines cannot be asked:
 * what they own counts as abandoned when it was not touched for `silence` milliseconds.
 * @param touched milliseconds since 1970 at which the file was last written
 */
export const isAbandoned = (owner: string, touched: number, silence: number): boolean => {
  const [where, pid, start] = owner.split('-');
  if (where === place) return !isRunning(Number(pid), start ?? '0');
  return Date.now() - touched > silence;
};
