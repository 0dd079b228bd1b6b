// Starts real processes of this program's code, and waits for how they end.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';

/** The built command. */
export const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Started = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Settles when stdout or stderr has matched; rejects when the process ends before. */
  says(pattern: RegExp): Promise<void>;
};

/** Starts a program without a terminal, in an environment without this program's variables but those of `env`. */
export const start = (program: string, args: readonly string[], { env = {}, ...options }: SpawnOptions = {}): Started => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RERENDER_')));
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env: { ...inherited, NO_COLOR: '1', CI: '1', ...env },
  });
  const texts = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', chunk => {
      texts[name] += chunk;
      for (const listen of listeners) listen();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
  return {
    child,
    ended,
    says: pattern =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(texts.stdout + texts.stderr) && resolve();
        listeners.add(look);
        look();
        void ended.then(({ code, stderr }) => reject(new Error(`ended with ${code} before it said ${pattern}: ${stderr}`)));
      }),
  };
};

/** Starts the built command. */
export const startRerender = (args: readonly string[], options: SpawnOptions = {}): Started =>
  start(process.execPath, [MAIN, ...args], options);

/** Whether a process is there. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
