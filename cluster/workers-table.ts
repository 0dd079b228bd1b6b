// Who works: a row for each worker, which its heartbeat keeps fresh by the database's own clock. A row that has not been touched for long
// belongs to a worker that has died; another takes its units back.
import type { Database } from './database.ts';

/** A unit that a worker is at. */
export type Running = {
  readonly unit: string;
  readonly ticket: string;
  readonly stage: string;
  readonly title: string;
  readonly done: number;
};

export type WorkerRow = {
  readonly id: string;
  readonly version: string;
  readonly device: string | null;
  readonly resources: Readonly<Record<string, number>>;
  readonly running: readonly Running[];
  /** Seconds since its last heartbeat. */
  readonly silent: number;
};

export type Beat = {
  readonly id: string;
  /** Of the process: a worker that comes back under its old name has another. */
  readonly instance: string;
  readonly version: string;
  readonly device: string | undefined;
  readonly resources: Readonly<Record<string, number>>;
  /** Seconds without a heartbeat after which it counts as dead. */
  readonly silence: number;
};

/** Writes a worker's row. False where another living process has the name. */
export const beat = async ({ pool }: Database, worker: Beat, running: readonly Running[]): Promise<boolean> => {
  const { id, instance, version, device, resources, silence } = worker;
  const { rowCount } = await pool.query(
    `INSERT INTO rerender.workers (id, instance, version, device, resources, running, silence) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (id) DO UPDATE SET instance = $2, version = $3, device = $4, resources = $5, running = $6, silence = $7, seen = now()
     WHERE workers.instance = $2 OR workers.seen < now() - make_interval(secs => workers.silence)`,
    [id, instance, version, device ?? null, JSON.stringify(resources), JSON.stringify(running), silence],
  );
  return rowCount === 1;
};

/** Removes a worker's row. */
export const forget = async ({ pool }: Database, { id, instance }: Pick<Beat, 'id' | 'instance'>): Promise<void> => {
  await pool.query('DELETE FROM rerender.workers WHERE id = $1 AND instance = $2', [id, instance]);
};

/** How many workers' hearts beat. */
export const livingIn = async ({ pool }: Database): Promise<number> => {
  const living = 'SELECT count(*)::int AS count FROM rerender.workers WHERE seen > now() - make_interval(secs => silence)';
  return (await pool.query<{ count: number }>(living)).rows[0]!.count;
};

/** Every worker that has a row. */
export const workersIn = async ({ pool }: Database): Promise<WorkerRow[]> => {
  const { rows } = await pool.query<WorkerRow>(
    'SELECT id, version, device, resources, running, extract(epoch FROM now() - seen)::float8 AS silent FROM rerender.workers ORDER BY id',
  );
  return rows;
};
