// A PostgreSQL server of a test's own, from Debian's package: in a temporary folder, on a free port, gone afterwards.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './s3.ts';
import { whenGone } from './watchdog.ts';

export type Postgres = {
  /** Of the database with this name, which is made. */
  url(name: string): string;
  restart(): void;
  stop(): void;
};

const ROOT = '/usr/lib/postgresql';

/** The folder of the server's programs; undefined where there is none. */
const programs = (): string | undefined => {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map(version => join(ROOT, version, 'bin')).find(folder => existsSync(join(folder, 'initdb')));
};

const BIN = programs();

/** Why tests with PostgreSQL are skipped; undefined where they run. */
export const noPostgres = BIN === undefined ? "needs PostgreSQL's server: apt-get install postgresql" : undefined;

const isRoot = process.getuid?.() === 0;

/** The server refuses to run as root. */
const run = (program: string, ...args: readonly string[]): void => {
  const command = [join(BIN!, program), ...args];
  const [file, ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
  execFileSync(file!, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
};

export const startPostgres = async (): Promise<Postgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'rerender-postgres-'));
  if (isRoot) {
    const [uid, gid] = ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    chownSync(folder, uid!, gid!);
  }
  const port = await freePort();
  const data = join(folder, 'data');
  run('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--locale=C', '-E', 'UTF8');
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200`;
  const server = (verb: string): void => run('pg_ctl', '-D', data, '-w', '-m', 'fast', '-l', join(folder, 'log'), '-o', settings, verb);
  server('start');
  whenGone('kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")" && sleep 2; rm -rf "$1"', folder);
  return {
    url: name => {
      run('createdb', '-h', folder, '-p', String(port), '-U', 'postgres', name);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    restart: () => server('restart'),
    stop: () => {
      server('stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
