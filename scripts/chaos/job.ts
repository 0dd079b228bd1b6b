// What is disturbed: a job of the command, in a folder of its own, and how its result is known to be right.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../config/paths.ts';

/** A job, laid out in a folder of its own. */
export type Job = {
  readonly name: string;
  readonly folder: string;
  readonly input: string;
  readonly output: string;
  readonly work: string;
  readonly tmp: string;
  /** Arguments of the command; `output` and `work` may be others. */
  args(places?: { readonly output?: string; readonly work?: string }): string[];
};

export type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended> };
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly text: string };

/** Key frames linked by attention states, in-between frames, and an encode: three passes over the clip. */
const DRAWING = ['--style', 'x', '--size', '64', '--steps', '3', '--strength', '1', '--interval', '4', '--stall-timeout', '3'];

export const JOBS = ['mp4', 'mkv', 'keyframes', 'frames'] as const;
export type JobName = (typeof JOBS)[number];

/** Lays a job out: a copy of the clip, and places for everything else. */
export const layOut = (name: JobName, folder: string, clip: string): Job => {
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const ending = name === 'mkv' ? '.mkv' : '.mp4';
  const input = join(folder, `clip${clip.slice(clip.lastIndexOf('.'))}`);
  copyFileSync(clip, input);
  const output = name === 'keyframes' ? join(folder, 'keys') : join(folder, `out${ending}`);
  const work = join(folder, 'work');
  const memory = name === 'frames' ? ['--bank-memory', '0'] : []; // attention states are read from disk
  return {
    name,
    folder,
    input,
    output,
    work,
    tmp: join(folder, 'tmp'),
    args: (places = {}) => [
      ...(name === 'keyframes' ? ['keyframes'] : []),
      ...[input, ...DRAWING, ...memory, ...(name === 'keyframes' ? [] : ['--no-metadata'])],
      ...['--work-dir', places.work ?? work, '-o', places.output ?? output],
    ],
  };
};

/** Starts the built command in a process group of its own. */
export const start = ({ tmp, folder }: Job, args: readonly string[]): Running => {
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli', 'main.js'), ...args], {
    cwd: folder,
    detached: true,
    env: {
      ...process.env,
      NO_COLOR: '1',
      CI: '1',
      TMPDIR: tmp,
      XDG_CACHE_HOME: join(folder, 'cache'),
      XDG_CONFIG_HOME: join(folder, 'config'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (text += chunk));
  const ended = new Promise<Ended>(resolve => child.on('close', (code, signal) => resolve({ code, signal, text })));
  return { child, ended };
};

const hash = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Files below a folder, by their names in it; a run may take some away meanwhile. */
export const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => relative(folder, join(entry.parentPath, entry.name)))
        .sort()
    : [];

/** What a result is known by: its bytes; of Matroska, which has a random number in each file, every decoded picture and all sound. */
export const resultOf = (output: string): string | undefined => {
  if (!existsSync(output)) return undefined;
  if (statSync(output).isDirectory())
    return hash(
      filesIn(output)
        .map(name => `${name} ${hash(readFileSync(join(output, name)))}`)
        .join('\n'),
    );
  if (!output.endsWith('.mkv')) return hash(readFileSync(output));
  try {
    return hash(
      execFileSync('ffmpeg', ['-v', 'error', '-i', output, '-map', '0', '-f', 'framemd5', '-'], { stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return 'unreadable';
  }
};

/** What no run may leave: temporary files, leases, temporary folders. */
export const leftovers = ({ folder, tmp }: Job): string[] => [
  ...filesIn(folder).filter(name => /\.part\b/.test(name) || /(^|[/\\])leases[/\\]/.test(name)),
  ...readdirSync(tmp).filter(name => name.startsWith('rerender-')),
];
