// Many machines: three workers as processes, a real PostgreSQL, a folder as the store. Whatever happens to them, the result has the bytes
// of a run on one machine, and nothing is left behind.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScaleBench } from '../../cluster/bench/scale.ts';
import { type Database, openDatabase } from '../../cluster/database.ts';
import { type Engine, openEngine } from '../../cluster/engine.ts';
import { attachJob, cancelJob, cleanJobs, listJobs, retryJob } from '../../cluster/jobs.ts';
import { noteJob } from '../../cluster/jobs-table.ts';
import { CLUSTER_VERSION } from '../../cluster/version.ts';
import { takeOver } from '../../cluster/worker/takeover.ts';
import { beat } from '../../cluster/workers-table.ts';
import { rerenderCommand } from '../support/cli.ts';
import { noPostgres, type Postgres, startPostgres } from '../support/postgres.ts';
import { startS3 } from '../support/s3.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { killAtWork, type Process, runningIn, startCommand, statuses, until } from '../support/workers.ts';

const folder = temporaryFolder();
const [clip, local, store, elsewhere] = ['clip.mp4', 'local.mp4', 'store', 'store-elsewhere'].map(name => join(folder, name)) as [
  string,
  string,
  string,
  string,
];
/** A key frame takes half a second, so that there is time to kill somebody in it. */
const LOOK = ['--style', 'an oil painting', '--size', '64', '--steps', '12', '--interval', '6', '--threads', '1', '--jobs', '1'];
const SILENCE = 2;

/** Four shots of a second. */
const makeClip = (): void => {
  const shots = ['testsrc2', 'mandelbrot', 'smptebars', 'rgbtestsrc'].flatMap(name => ['-f', 'lavfi', '-i', `${name}=size=96x64:rate=12`]);
  const cut = [0, 1, 2, 3].map(i => `[${i}]trim=duration=1,setsar=1,format=yuv420p[s${i}]`).join(';');
  const joined = `${cut};[s0][s1][s2][s3]concat=n=4[v]`;
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=4'];
  const coded = ['-map', '[v]', '-map', '4', '-c:v', 'libx264', '-crf', '12', '-t', '4'];
  execFileSync('ffmpeg', ['-v', 'error', ...shots, ...sound, '-filter_complex', joined, ...coded, clip]);
};

describe.skipIf(noPostgres)(`a cluster${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let postgres: Postgres;
  let database: Database;
  let engine: Engine;
  let pool: Pool;
  let env: Record<string, string>;
  const workers = new Map<string, Process>();
  const commands: Process[] = [];
  let numbered = 0;

  const startWorker = (...flags: readonly string[]): Process => {
    const name = `worker-${++numbered}`;
    const worker = startCommand(
      ['worker', '--name', name, '--silence', String(SILENCE), '--threads', '1', '--jobs', '1', ...flags],
      env,
      folder,
    );
    workers.set(name, worker);
    commands.push(worker);
    return worker;
  };
  const submit = (output: string): Process => {
    const command = startCommand([clip, ...LOOK, '--executor', 'dbos', '-o', join(folder, output), '-y'], env, folder);
    commands.push(command);
    return command;
  };
  const expectLocalBytes = (output: string): void => {
    expect(readFileSync(join(folder, output)).equals(readFileSync(local))).toBe(true);
  };
  const place = () => ({ databaseUrl: database.url, store });
  const jobId = async (): Promise<string> => (await listJobs(place())).jobs[0]!.id;
  /** Waits for a command that is to end well. */
  const done = async (command: Process): Promise<void> => {
    expect([await command.ended, command.log()]).toEqual([0, expect.any(String)]);
  };

  beforeAll(async () => {
    makeClip();
    mkdirSync(store);
    postgres = await startPostgres();
    const url = postgres.url('farm');
    env = { RERENDER_DATABASE_URL: url, RERENDER_STORE: store };
    database = await openDatabase(url);
    engine = await openEngine(database);
    pool = database.pool;
    const { code, stderr } = await rerenderCommand([clip, ...LOOK, '--no-cache', '-o', local]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    for (let i = 0; i < 3; i++) startWorker();
  });

  beforeEach(() => {
    while (workers.size < 3) startWorker();
  });

  /** Nothing of a job stays, but in the last words of the test that it belongs to. */
  afterEach(async () => {
    await cleanJobs(place(), 0);
    expect(await statuses(pool)).toEqual({});
    rmSync(join(store, 'parts'), { recursive: true, force: true });
    mkdirSync(join(store, 'parts'));
  });

  afterAll(async () => {
    for (const { child } of commands) child.kill('SIGKILL');
    await engine?.close();
    await database?.close();
    postgres?.stop();
  });

  test('workers that are killed in a key frame, in an interval and in the encode cost time alone', async () => {
    const command = submit('killed.mp4');
    const units: string[] = [];
    for (const queue of ['inference.cpu', 'cpu', 'encode']) {
      const { id, worker } = await killAtWork(pool, queue, workers);
      units.push(id);
      startWorker();
      await until(`another worker at ${id}`, async () => {
        const state = (await engine.states([id])).get(id);
        return state !== undefined && (state.executor !== worker || state.status === 'ENQUEUED');
      });
    }
    await done(command);
    expectLocalBytes('killed.mp4');
    const states = await engine.states(units);
    expect(units.map(id => states.get(id)?.status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(Object.keys(await statuses(pool))).toEqual(['SUCCESS']);
    for (const { child } of workers.values()) expect(child.exitCode).toBeNull(); // theirs is not touched
  });

  test('a database that restarts and a store that is gone for a while interrupt nothing', async () => {
    const command = submit('restarted.mp4');
    await until('a key frame', async () => (await runningIn(pool, 'inference.cpu')).length > 0);
    postgres.restart();
    await until('the next unit', async () => (await runningIn(pool, 'cpu').catch(() => [])).length > 0);
    renameSync(store, elsewhere);
    mkdirSync(store); // what a drive that is not mounted leaves
    await new Promise(wake => setTimeout(wake, 2500));
    rmSync(store, { recursive: true });
    renameSync(elsewhere, store);
    await done(command);
    expectLocalBytes('restarted.mp4');
    expect(Object.keys(await statuses(pool))).toEqual(['SUCCESS']);
  });

  test('a submitter that is killed comes back to its job; a worker that is told to stop gives its unit back at once', async () => {
    const command = submit('left.mp4');
    const [unit] = await until('a key frame', async () => {
      const rows = await runningIn(pool, 'inference.cpu');
      return rows.length > 0 && rows;
    });
    command.child.kill('SIGKILL');
    const stopped = workers.get(unit!.worker)!;
    stopped.child.kill('SIGTERM');
    expect(await stopped.ended).toBe(143);
    workers.delete(unit!.worker);
    const [state] = (await engine.states([unit!.id])).values();
    expect([state!.status, state!.executor]).not.toEqual(['PENDING', unit!.worker]);
    expect((await listJobs(place())).workers.map(({ id }) => id)).not.toContain(unit!.worker);
    const id = await jobId();
    await done(startCommand(['jobs', 'attach', id.slice(0, 12), '-o', join(folder, 'attached.mp4'), '--json'], env, folder));
    expectLocalBytes('attached.mp4');
  });

  test('a job that is cancelled stops, and goes on from there when it is tried again', async () => {
    const command = submit('cancelled.mp4');
    await until('a key frame', async () => (await runningIn(pool, 'inference.cpu')).length > 0);
    const id = await jobId();
    expect(await cancelJob(place(), id)).toBe(id);
    expect(await command.ended).toBe(1);
    expect(command.log()).toContain(`the job ${id} was cancelled`);
    await until('quiet', async () => {
      const { PENDING = 0, ENQUEUED = 0 } = await statuses(pool);
      return PENDING + ENQUEUED === 0;
    });
    expect((await listJobs(place())).jobs[0]!.state).toBe('cancelled');
    await retryJob(place(), id);
    const output = join(folder, 'retried.mp4');
    const { signal } = new AbortController();
    await attachJob({ ...place(), name: id, output, overwrite: false, onEvent: () => undefined, signal });
    expectLocalBytes('retried.mp4');
  });

  test('work of another version is left alone, and that is said on both sides', async () => {
    const other = await openEngine(database, '0.0.0+other');
    const [id, ticket] = [`job-${'0'.repeat(40)}`, `ticket-${'0'.repeat(40)}`];
    await noteJob(database, { id, ticket, input: 'other.mp4', version: '0.0.0+other', priority: 0 });
    await other.launch({ id, workflow: 'job', queue: 'jobs', priority: 0, args: [ticket, ''] }, undefined);
    await other.close();
    const worker = startWorker();
    await until('a word of it', async () => worker.log().includes('jobs wait for rerender 0.0.0+other; this is '));
    expect((await engine.states([id])).get(id)!.status).toBe('ENQUEUED');
    expect(worker.log()).toContain(CLUSTER_VERSION);
    await cancelJob(place(), id);
  });

  test('of two survivors one takes over what a dead worker had', async () => {
    const dead = { id: 'dead', instance: 'x', version: CLUSTER_VERSION, device: 'cpu', resources: {}, silence: SILENCE };
    await beat(database, dead, []);
    await pool.query("UPDATE rerender.workers SET seen = now() - interval '1 hour' WHERE id = 'dead'");
    const taken = (await Promise.all([takeOver(database, engine, SILENCE), takeOver(database, engine, SILENCE)])).flat();
    expect(taken.filter(({ worker }) => worker === 'dead').length).toBeLessThanOrEqual(1);
    await until('its end', async () => !(await listJobs(place())).workers.some(({ id }) => id === 'dead'));
  });

  test('bench scale measures the schedule beside the work of others', async () => {
    const flags = ['--workers', '1,2', '--shots', '2', '--intervals', '2', '--keyframe', '0.3', '--interval', '0.1', '--json'];
    const { code, stdout, stderr } = await rerenderCommand(['bench', 'scale', ...flags], { env });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const { units, rows, overhead } = JSON.parse(stdout) as ScaleBench;
    expect(units).toBe(2 * 3 + 1);
    expect(rows.map(({ workers, least }) => [workers, least])).toEqual([
      [1, expect.closeTo(1.9, 6)], // six key frames, one after the other, and an interval
      [2, expect.closeTo(1, 6)],
    ]);
    for (const { efficiency } of rows) expect(efficiency).toBeGreaterThan(0.1);
    for (const { efficiency } of rows) expect(efficiency).toBeLessThanOrEqual(1);
    expect(overhead).toBeGreaterThan(0);
    for (const { child } of workers.values()) expect(child.exitCode).toBeNull(); // theirs is not touched
  });

  test('what is wrong with a database or a store is said without its password', async () => {
    const refused = await rerenderCommand(['jobs', '--database-url', 'postgres://me:secret@127.0.0.1:1/farm']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('the database 127.0.0.1:1/farm cannot be used: nothing listens there');
    const absent = await rerenderCommand(['jobs', '--database-url', database.url.replace('/farm', '/none')]);
    expect(absent.stderr).toContain('it does not exist: make it with createdb');
    expect((await rerenderCommand(['jobs', '--database-url', 'nonsense'])).code).toBe(2);
    const foreign = await rerenderCommand(['worker', '--database-url', database.url, '--store', folder]);
    expect(foreign.stderr).toContain('it holds other files and is no store: name an empty folder');
    for (const { stdout, stderr } of [refused, absent, foreign]) expect(stdout + stderr).not.toContain('secret');
  });

  test('two clips of the same content are two jobs that share their units', async () => {
    const twin = join(folder, 'twin.mp4');
    copyFileSync(clip, twin);
    const results = `${join(folder, 'results')}/`;
    await done(startCommand([clip, twin, ...LOOK, '--executor', 'dbos', '-o', results, '--priority', '1'], env, folder));
    for (const name of ['clip.mp4', 'twin.mp4']) expectLocalBytes(join('results', name));
    const shared = 4 + 8; // chains of key frames, and intervals
    expect(await statuses(pool)).toEqual({ SUCCESS: shared + 2 + 2 });
  });

  test('with a bucket as the store the bytes are the same', async () => {
    for (const [name, { child, ended }] of workers) {
      child.kill('SIGKILL');
      await ended;
      workers.delete(name);
    }
    const s3 = await startS3(join(folder, 's3'));
    const before = env;
    try {
      env = { ...env, ...s3.env, RERENDER_STORE: `s3://${s3.bucket}/films` };
      startWorker();
      await done(submit('bucket.mp4'));
      expectLocalBytes('bucket.mp4');
      const { code, stdout } = await rerenderCommand(['jobs', 'clean', '--json'], { env });
      expect([code, JSON.parse(stdout).removed.length]).toEqual([0, 1]);
    } finally {
      env = before;
      s3.stop();
    }
  });
});
