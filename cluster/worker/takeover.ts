// Units of workers that have died go back to their queues. DBOS gives a process its own rows back when that starts again, and nobody else;
// here any worker that lives does it for those whose heartbeat has stopped.
import type { PoolClient } from 'pg';
import type { Database } from '../database.ts';
import { type Engine, JOBS_QUEUE, type WorkState } from '../engine.ts';

/** One worker at a time looks after the dead. */
const LOOKING = 7_221_002;

/** A unit that so many workers died of is not given to another. */
export const DEATHS = 5;

/** Counts deaths, and says which units have had too many. */
const countDeaths = async (client: Pick<PoolClient, 'query'>, units: readonly WorkState[]): Promise<ReadonlySet<string>> => {
  const { rows } = await client.query<{ unit: string; count: number }>(
    `INSERT INTO rerender.deaths (unit, count) SELECT unnest($1::text[]), 1
     ON CONFLICT (unit) DO UPDATE SET count = rerender.deaths.count + 1 RETURNING unit, count`,
    [units.map(({ id }) => id)],
  );
  return new Set(rows.filter(({ count }) => count >= DEATHS).map(({ unit }) => unit));
};

/** Gives back what a worker had that ended for it, perhaps; what too many have ended for is cancelled, and its job says why. */
export const giveBackCounted = async (client: Pick<PoolClient, 'query'>, engine: Engine, states: readonly WorkState[]): Promise<void> => {
  const units = states.filter(({ queue }) => queue !== JOBS_QUEUE);
  const deadly = await countDeaths(client, units);
  await engine.cancel([...deadly]);
  await engine.giveBack(states.filter(({ id }) => !deadly.has(id)));
};

/**
 * Gives back what dead workers had.
 * @param heard seconds for which the database has been reached without a break: a longer silence of others could not be heard
 * @returns the names of the dead, and what they had
 */
export const takeOver = async (
  { pool }: Database,
  engine: Engine,
  heard: number,
): Promise<readonly { readonly worker: string; readonly units: readonly WorkState[] }[]> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows: lock } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOOKING]);
    if (!lock[0]?.mine) {
      await client.query('ROLLBACK');
      return [];
    }
    const { rows: living } = await client.query<{ id: string }>(
      'SELECT id FROM rerender.workers WHERE seen >= now() - make_interval(secs => silence) OR silence > $1',
      [heard],
    );
    const alive = new Set(living.map(({ id }) => id));
    const orphans = (await engine.running()).filter(({ executor }) => !alive.has(executor));
    await giveBackCounted(client, engine, orphans);
    const { rows: dead } = await client.query<{ id: string }>(
      'DELETE FROM rerender.workers WHERE seen < now() - make_interval(secs => silence) AND silence <= $1 RETURNING id',
      [heard],
    );
    await client.query('COMMIT');
    const names = new Set([...dead.map(({ id }) => id), ...orphans.map(({ executor }) => executor)]);
    return [...names].map(worker => ({ worker, units: orphans.filter(({ executor }) => executor === worker) }));
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
};
