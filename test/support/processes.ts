// The processes of this machine, where /proc tells them.
import { readdirSync, readFileSync } from 'node:fs';

/** The children of a process whose command line contains a text. */
export const childrenOf = (pid: number, text: string): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === pid && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text) ? [Number(name)] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
