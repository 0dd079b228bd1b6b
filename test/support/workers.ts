// Workers of a cluster as processes of their own, and what the database says of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { packageRoot } from '../../config/paths.ts';
import { endWithTest } from './watchdog.ts';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');

export type Process = {
  readonly child: ChildProcess;
  log(): string;
  /** Its exit code; null behind a signal. */
  readonly ended: Promise<number | null>;
};

/** Starts `rerender ARGS`, and gathers what it says. */
export const startCommand = (args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Process => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithTest(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (log += chunk));
  return { child, log: () => log, ended: new Promise(resolve => child.once('close', code => resolve(code))) };
};

export const until = async <T>(what: string, look: () => Promise<T | undefined | false>, seconds = 60): Promise<T> => {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise(wake => setTimeout(wake, 15));
  }
};

export type Row = { readonly id: string; readonly worker: string };

/** Work of a queue that runs now. */
export const runningIn = async (pool: Pool, queue: string): Promise<Row[]> => {
  const { rows } = await pool.query<Row>(
    "SELECT workflow_uuid AS id, executor_id AS worker FROM dbos.workflow_status WHERE status = 'PENDING' AND queue_name = $1",
    [queue],
  );
  return rows;
};

/** Kills the worker that is at a unit of a queue, surely in the middle of it. Returns the unit. */
export const killAtWork = (pool: Pool, queue: string, workers: Map<string, Process>): Promise<Row> =>
  until(`a worker at ${queue}`, async () => {
    for (const row of await runningIn(pool, queue)) {
      const worker = workers.get(row.worker);
      if (!worker) continue;
      worker.child.kill('SIGSTOP');
      const still = (await runningIn(pool, queue)).some(({ id, worker: at }) => id === row.id && at === row.worker);
      worker.child.kill(still ? 'SIGKILL' : 'SIGCONT');
      if (!still) continue;
      await worker.ended;
      workers.delete(row.worker);
      return row;
    }
    return undefined;
  });

/** How many rows there are of each status. */
export const statuses = async (pool: Pool): Promise<Record<string, number>> => {
  const { rows } = await pool.query<{ status: string; count: number }>(
    'SELECT status, count(*)::int AS count FROM dbos.workflow_status GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
};
