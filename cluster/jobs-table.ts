// The jobs of a cluster: a row each, with how far it has come and which of its units are out.
import type { Database } from './database.ts';
import type { UnitStage } from './units.ts';

export type StageProgress = { readonly done: number; readonly total: number };
export type JobProgress = Partial<Readonly<Record<UnitStage, StageProgress>>>;

export type JobRow = {
  readonly id: string;
  readonly ticket: string;
  /** The name of the clip. */
  readonly input: string;
  readonly version: string;
  readonly priority: number;
  /** Seconds since it was submitted. */
  readonly age: number;
  readonly progress: JobProgress;
  /** The units that are queued or running for it. */
  readonly running: readonly string[];
};

/** Writes a job's row; one that is there keeps its place in time. */
export const noteJob = async (
  { pool }: Database,
  { id, ticket, input, version, priority }: Pick<JobRow, 'id' | 'ticket' | 'input' | 'version' | 'priority'>,
): Promise<void> => {
  await pool.query(
    `INSERT INTO rerender.jobs (id, ticket, input, version, priority) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET version = $4, priority = $5`,
    [id, ticket, input, version, priority],
  );
};

export const noteProgress = async ({ pool }: Database, id: string, progress: JobProgress, running: readonly string[]): Promise<void> => {
  await pool.query('UPDATE rerender.jobs SET progress = $2, running = $3 WHERE id = $1', [
    id,
    JSON.stringify(progress),
    JSON.stringify(running),
  ]);
};

const COLUMNS = 'id, ticket, input, version, priority, extract(epoch FROM now() - created)::float8 AS age, progress, running';

/** All jobs, the oldest first. */
export const jobsIn = async ({ pool }: Database): Promise<JobRow[]> =>
  (await pool.query<JobRow>(`SELECT ${COLUMNS} FROM rerender.jobs ORDER BY created, id`)).rows;

export const jobIn = async ({ pool }: Database, id: string): Promise<JobRow | undefined> =>
  (await pool.query<JobRow>(`SELECT ${COLUMNS} FROM rerender.jobs WHERE id = $1`, [id])).rows[0];

/** @param units of which no other job has any: how often workers died of them is forgotten */
export const dropJob = async ({ pool }: Database, id: string, units: readonly string[] = []): Promise<void> => {
  await pool.query('DELETE FROM rerender.deaths WHERE unit = ANY($1)', [units]);
  await pool.query('DELETE FROM rerender.jobs WHERE id = $1', [id]);
};

/** Of some units those that no job other than `id` has out. */
export const unitsOfAlone = async ({ pool }: Database, id: string, units: readonly string[]): Promise<string[]> => {
  const { rows } = await pool.query<{ unit: string }>(
    `SELECT unit FROM unnest($2::text[]) AS unit
     WHERE NOT EXISTS (SELECT 1 FROM rerender.jobs WHERE id <> $1 AND running ? unit)`,
    [id, units],
  );
  return rows.map(({ unit }) => unit);
};
