// The database that machines share: who works, which jobs there are. The workflows themselves are DBOS's tables beside these.
// Only names, numbers and keys go through it; pictures and clips lie in the store.
import type { Pool, PoolClient } from 'pg';
import { RerenderError, UsageError } from '../config/errors.ts';
import { BELL } from './bell.ts';
import { loadDbos, loadPg } from './packages.ts';

export type Database = {
  readonly url: string;
  /** Without what is secret: `HOST:PORT/NAME`. */
  readonly name: string;
  readonly pool: Pool;
  close(): Promise<void>;
};

/** Of the tables here; DBOS counts its own. */
const SCHEMA_VERSION = 1;
/** One process at a time makes the tables. */
const MAKING = 7_221_001;

const TABLES = `
  CREATE SCHEMA IF NOT EXISTS rerender;
  CREATE TABLE IF NOT EXISTS rerender.schema (version int NOT NULL);
  INSERT INTO rerender.schema SELECT ${SCHEMA_VERSION} WHERE NOT EXISTS (SELECT 1 FROM rerender.schema);
  CREATE TABLE IF NOT EXISTS rerender.workers (
    id text PRIMARY KEY, instance text NOT NULL, version text NOT NULL, device text, resources jsonb NOT NULL,
    running jsonb NOT NULL DEFAULT '[]', silence float8 NOT NULL,
    started timestamptz NOT NULL DEFAULT now(), seen timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS rerender.jobs (
    id text PRIMARY KEY, ticket text NOT NULL, input text NOT NULL, version text NOT NULL, priority int NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), progress jsonb NOT NULL DEFAULT '{}', running jsonb NOT NULL DEFAULT '[]');
  CREATE TABLE IF NOT EXISTS rerender.deaths (unit text PRIMARY KEY, count int NOT NULL);`;

const nameOf = (url: string): string => {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    return `${hostname || searchParams.get('host') || 'localhost'}:${port || 5432}${pathname}`;
  } catch {
    throw new UsageError('The database address is no URL: write postgres://USER@HOST:PORT/NAME; the password may come from PGPASSWORD.');
  }
};

/** What PostgreSQL and the network say when a database cannot be used, and what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: start PostgreSQL, or correct the address',
  ENOENT: 'no server has that socket: start PostgreSQL, or correct the address',
  ENOTFOUND: 'no machine has that name: correct the address',
  ETIMEDOUT: 'the machine does not answer: look at the network and its firewall',
  '28P01': 'the password is wrong: correct PGPASSWORD or the address',
  '28000': 'this user may not connect from here: change pg_hba.conf, or name another user',
  '3D000': 'it does not exist: make it with createdb',
  '42501': 'this user may not make tables there: `GRANT CREATE ON DATABASE ... TO ...`, or name another user',
  '57P03': 'it is starting or stopping: wait a moment',
};

/** An error of the database as a sentence that names the place and nothing secret. */
export const databaseError = (cause: unknown, name: string): RerenderError => {
  if (cause instanceof RerenderError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = ADVICE[code] ?? (message || code);
  return new RerenderError('DATABASE', 'failure', `the database ${name} cannot be used: ${reason}.`, { cause });
};

const checkSchema = async (pool: Pool, name: string): Promise<void> => {
  const { rows } = await pool.query<{ version: number }>('SELECT version FROM rerender.schema');
  const found = rows[0]?.version;
  if (found === SCHEMA_VERSION) return;
  const newer = (found ?? 0) > SCHEMA_VERSION ? 'a newer' : 'an older';
  throw new RerenderError(
    'SCHEMA',
    'failure',
    `the database ${name} has tables of ${newer} version of rerender (${found}, this one has ${SCHEMA_VERSION}): ` +
      'use that version everywhere, or name another database.',
  );
};

/** DBOS tells of its tables on the console, where events may be expected. */
const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
  const { log, info } = console;
  console.log = console.info = () => undefined;
  return work().finally(() => Object.assign(console, { log, info }));
};

/**
 * Works while no other process does. It asks again and again in place of waiting inside the database: DBOS makes indexes CONCURRENTLY,
 * which would wait for whoever waits for it.
 */
const alone = async (client: PoolClient, work: () => Promise<void>): Promise<void> => {
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [MAKING]);
    if (rows[0]?.mine) break;
    await new Promise(wake => setTimeout(wake, 100));
  }
  try {
    await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MAKING]);
  }
};

const hasBell = async (client: PoolClient): Promise<boolean> =>
  (await client.query("SELECT 1 FROM pg_trigger WHERE tgname = 'rerender_ring'")).rows.length > 0;

/** Makes what is missing of DBOS's tables and of these. */
const prepare = async (pool: Pool, url: string, name: string): Promise<void> => {
  const { DBOS } = await loadDbos();
  const client = await pool.connect();
  try {
    await alone(client, async () => {
      const { rows } = await client.query("SELECT to_regclass('rerender.deaths') IS NOT NULL AS made");
      if (rows[0]?.made !== true) await client.query(TABLES);
      await checkSchema(pool, name);
      await quietly(() => DBOS.migrate(url));
      if (!(await hasBell(client))) await client.query(BELL);
    });
  } finally {
    client.release();
  }
};

/**
 * Opens the database and makes its tables where they are missing.
 * @param url `postgres://USER@HOST:PORT/NAME`; what it leaves out comes from PGPASSWORD and the other variables of PostgreSQL's clients
 * @throws RerenderError saying what keeps it from being used; UsageError for an address that is none
 */
export const openDatabase = async (url: string): Promise<Database> => {
  const { Pool } = await loadPg();
  const name = nameOf(url);
  const pool = new Pool({ connectionString: url, max: 5, connectionTimeoutMillis: 10_000, application_name: 'rerender' });
  pool.on('error', () => undefined); // a connection that breaks while nobody uses it: the next query opens another
  try {
    await prepare(pool, url, name);
  } catch (cause) {
    await pool.end();
    throw databaseError(cause, name);
  }
  return { url, name, pool, close: () => pool.end() };
};
