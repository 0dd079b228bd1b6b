// Reads damaged inputs in a process of its own and writes a line for each:
// its parent tells a hang or a crash by the lines that are missing.
import { mkdirSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { randomOf } from './random.ts';
import type { Job, Line } from './run.ts';
import type { Try } from './target.ts';
import { TARGETS } from './targets/all.ts';
import { foreign } from './verdict.ts';

const MOST_CPU = 5; // seconds that an input may take
const MOST_MEMORY = 700_000; // kB by which an input may raise the peak

const { seed, jobs, scratch } = JSON.parse(process.argv[2]!) as { seed: number; jobs: readonly Job[]; scratch: string };

const tell = (line: Line): void => void writeSync(1, `${JSON.stringify(line)}\n`);

let stray: unknown;
process.on('unhandledRejection', error => {
  stray = error;
});

const filesIn = (folder: string): Set<string> =>
  new Set(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .map(entry => relative(folder, join(entry.parentPath, entry.name)))
      .filter(path => !path.startsWith('cache')),
  );

const faultOf = async (open: Try, target: string, input: number): Promise<string | undefined> => {
  const [cpu, peak] = [process.cpuUsage(), process.resourceUsage().maxRSS];
  const error = await open(randomOf(seed, target, input)).then(
    () => undefined,
    thrown => thrown ?? new Error('rejected without an error'),
  );
  const { user, system } = process.cpuUsage(cpu);
  const grown = process.resourceUsage().maxRSS - peak;
  const strange = stray === undefined ? error && foreign(error) : `unhandled: ${foreign(stray) ?? String(stray)}`;
  stray = undefined;
  if (strange !== undefined) return strange;
  if ((user + system) / 1e6 > MOST_CPU) return `hang: ${Math.round((user + system) / 1e6)} s of CPU`;
  return grown > MOST_MEMORY ? `memory: ${Math.round(grown / 1000)} MB more` : undefined;
};

for (const { target: name, from, to } of jobs) {
  const target = TARGETS.find(each => each.name === name)!;
  const folder = join(scratch, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const open = await target.prepare(folder);
  const before = filesIn(scratch);
  for (let input = from; input < to; input++) {
    tell({ target: name, input });
    const fault = await faultOf(open, name, input);
    if (fault !== undefined) tell({ target: name, input, fault });
    for (const file of filesIn(scratch)) {
      if (before.has(file)) continue;
      tell({ target: name, input, fault: `a file appeared: ${file}` });
      rmSync(join(scratch, file), { recursive: true, force: true });
    }
  }
}
