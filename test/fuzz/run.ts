// Runs the targets in a child process, which an endless loop or a full heap may end, and counts what went wrong.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Inputs `from` to below `to` of a target. */
export type Job = { readonly target: string; readonly from: number; readonly to: number };

/** An input that begins, or one that has a fault. */
export type Line = { readonly target: string; readonly input: number; readonly fault?: string };

export type Fault = Required<Line>;

export type Report = { readonly inputs: number; readonly faults: readonly Fault[] };

const DEADLINE = 30_000; // ms without a word from the child
const HEAP = 1500; // MB

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

type Ended = {
  readonly inputs: number;
  readonly faults: readonly Fault[];
  readonly last: Line | undefined;
  readonly reason: string | undefined;
};

/** One child, until its jobs are done or it dies. `reason` says why it died. */
const runChild = (seed: number, jobs: readonly Job[], scratch: string, signal?: AbortSignal): Promise<Ended> =>
  new Promise((resolve, reject) => {
    for (const name of ['cache', 'home', 'tmp']) mkdirSync(join(scratch, name), { recursive: true });
    const env = {
      ...process.env,
      HOME: join(scratch, 'home'),
      XDG_CACHE_HOME: join(scratch, 'cache'),
      XDG_CONFIG_HOME: join(scratch, 'home'),
      TMPDIR: join(scratch, 'tmp'),
    };
    const args = [`--max-old-space-size=${HEAP}`, '--import', LOADER, WORKER, JSON.stringify({ seed, jobs, scratch })];
    const child = spawn(process.execPath, args, { cwd: scratch, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [inputs, last, hung, words] = [0, undefined as Line | undefined, false, ''];
    const faults: Fault[] = [];
    const onTime = (): void => {
      hung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(onTime, DEADLINE);
    const stop = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', stop);
    createInterface({ input: child.stdout }).on('line', text => {
      clearTimeout(timer);
      timer = setTimeout(onTime, DEADLINE);
      const line = JSON.parse(text) as Line;
      if (line.fault !== undefined) faults.push(line as Fault);
      else {
        last = line;
        inputs++;
      }
    });
    child.stderr.on('data', chunk => {
      words = `${words}${chunk}`.slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (code, killed) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      const died =
        code === 0 || signal?.aborted
          ? undefined
          : hung
            ? `hang: no answer for ${DEADLINE / 1000} s`
            : `crash: ${killed ?? code}: ${words.trim()}`;
      if (died !== undefined && last === undefined) reject(new Error(`the fuzz worker did not start: ${died}`));
      else resolve({ inputs, faults, last, reason: died });
    });
  });

/** What is left of the jobs behind an input. */
const behind = (jobs: readonly Job[], { target, input }: Line): Job[] =>
  jobs
    .slice(jobs.findIndex(job => job.target === target))
    .map(job => (job.target === target ? { ...job, from: input + 1 } : job))
    .filter(({ from, to }) => from < to);

/** Runs jobs to their end, in a new child behind each input that ended one. */
export const runJobs = async (seed: number, jobs: readonly Job[], signal?: AbortSignal): Promise<Report> => {
  const scratch = mkdtempSync(join(tmpdir(), 'rerender-fuzz-'));
  const faults: Fault[] = [];
  let inputs = 0;
  try {
    for (let left = [...jobs]; left.length > 0 && !signal?.aborted; ) {
      const ended = await runChild(seed, left, scratch, signal);
      inputs += ended.inputs;
      faults.push(...ended.faults);
      if (ended.reason === undefined || !ended.last) break;
      faults.push({ ...ended.last, fault: ended.reason });
      left = behind(left, ended.last);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { inputs, faults };
};

const isHang = ({ fault }: Fault): boolean => /^(hang|crash|memory)/.test(fault);

/** The report in lines, the last one with the counts. */
export const reportLines = (seed: number, { inputs, faults }: Report): string[] => {
  const lines = faults.map(
    ({ target, input, fault }) => `${target} ${input}: ${fault}\n    npm run fuzz -- --seed ${seed} --only ${target} --input ${input}`,
  );
  const hangs = faults.filter(isHang).length;
  return [...lines, `${inputs} inputs, ${faults.length - hangs} foreign errors, ${hangs} hangs, crashes or floods (seed ${seed})`];
};
