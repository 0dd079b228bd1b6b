// Many machines: three workers as processes, a real PostgreSQL, a folder as the store. Whatever happens to them, the result has the bytes
// of a run on one machine, and nothing is left behind.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBell, ring, withBell } from '../../cluster/bell.ts';
import type { QueuedBench } from '../../cluster/bench/queued.ts';
import type { ScaleBench } from '../../cluster/bench/scale.ts';
import { type Database, openDatabase } from '../../cluster/database.ts';
import { type Engine, openEngine } from '../../cluster/engine.ts';
import { attachJob, cancelJob, cleanJobs, listJobs, retryJob } from '../../cluster/jobs.ts';
import { jobsIn, noteJob } from '../../cluster/jobs-table.ts';
import { openFolderStore } from '../../cluster/store/folder-store.ts';
import { rerenderAway } from '../../cluster/submit.ts';
import { CLUSTER_VERSION } from '../../cluster/version.ts';
import { takeOver } from '../../cluster/worker/takeover.ts';
import { readTicket } from '../../cluster/worker/tickets.ts';
import { beat } from '../../cluster/workers-table.ts';
import { embeddedModel } from '../../config/paths.ts';
import type { Listener } from '../../pipeline/events.ts';
import type { StateInfo } from '../../preview/api.ts';
import { openPreview } from '../../preview/open-preview.ts';
import { asker } from '../preview/asking.ts';
import { rerenderCommand } from '../support/cli.ts';
import { canMount, smallDisk } from '../support/faults.ts';
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
/** A key frame takes half a second, so that there is time to kill somebody in it, and its states more than the small disk has. */
const LOOK = [
  ...['--style', 'an oil painting', '--size', '64', '--steps', '12', '--cfg-scale', '1.5', '--interval', '6'],
  ...['--threads', '1', '--jobs', '1'],
];
const SILENCE = 2;
/** A disk that attention states do not fit on. */
const small = canMount ? smallDisk(join(folder, 'small'), 300_000) : '';

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
  const submit = (output: string, ...flags: readonly string[]): Process => {
    const command = startCommand([clip, ...LOOK, '--executor', 'dbos', '-o', join(folder, output), '-y', ...flags], env, folder);
    commands.push(command);
    return command;
  };
  const expectLocalBytes = (output: string): void => {
    expect(readFileSync(join(folder, output)).equals(readFileSync(local))).toBe(true);
  };
  const killWorkers = async (): Promise<void> => {
    for (const { child } of workers.values()) child.kill('SIGKILL');
    await Promise.all([...workers.values()].map(({ ended }) => ended));
    workers.clear();
  };
  /** A job has a row before it is in the queue, and counts as cancelled until then: whoever kills its submitter waits for the queue. */
  const submitted = () => until('the job', async () => (await listJobs(place())).jobs.some(({ state }) => state !== 'cancelled'));
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
    const { code, stderr } = await rerenderCommand([clip, ...LOOK, '--no-cache', '-o', local, '--previews', join(folder, 'local-keys')]);
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
    await new Promise(wake => setTimeout(wake, 20_000));
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
    const worker = startWorker('--metrics-port', '0');
    await until('a word of it', async () => worker.log().includes('jobs wait for rerender 0.0.0+other; this is '));
    expect((await engine.states([id])).get(id)!.status).toBe('ENQUEUED');
    expect(worker.log()).toContain(CLUSTER_VERSION);
    const [address] = /http:.*metrics/.exec(worker.log())!;
    const numbers = await (await fetch(address)).text();
    expect(numbers).toContain(`rerender_worker_info{worker="worker-${numbered}",version="${CLUSTER_VERSION}",device="cpu"} 1`);
    const age = Number(/^rerender_heartbeat_age_seconds (\S+)$/m.exec(numbers)![1]);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(SILENCE);
    expect((await fetch(address.replace('metrics', ''))).status).toBe(404);
    await cancelJob(place(), id);
  });

  test('a job for another kind of device waits for it, says so, and its result will', async () => {
    const command = submit('cuda.mp4', '--require-device', 'cuda');
    await until('a word of it', async () => command.log().includes('no worker draws on cuda'));
    const [row] = await jobsIn(database);
    const { comment } = (await readTicket(await openFolderStore(store), row!.ticket)).tags;
    expect(JSON.parse(comment!.slice(comment!.indexOf('{')))).toMatchObject({ style: 'an oil painting', device: 'cuda' });
    expect(execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format_tags=comment', local], { encoding: 'utf8' })).not.toContain(
      'device',
    );
    await cancelJob(place(), row!.id);
    expect(await command.ended).toBe(1);
  });

  test('a bell is heard at once, also behind a connection that was cut; what nobody rings for is looked for', async () => {
    const LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN rerender' AND state = 'idle'";
    const heard: string[] = [];
    const stop = new AbortController();
    const { signal } = stop;
    const far = { every: 60_000, signal };
    await withBell(database, async bell => {
      const hear = (name: string) =>
        bell.until(async () => heard.push(name) > 1, { ...far, matches: rung => rung === name }).finally(() => (heard.length = 0));
      const listening = async (): Promise<number> => (await pool.query(`${LISTENERS} AND pid <> ALL($1)`, [theirs])).rows[0]?.pid;
      const theirs = (await pool.query(LISTENERS)).rows.map(({ pid }) => pid);
      const first = hear('one');
      const pid = await until('a listener', listening);
      ring(database, 'another');
      ring(database, 'one');
      await first;
      await pool.query('SELECT pg_terminate_backend($1)', [pid]);
      const second = hear('two');
      await until('another listener', async () => (await listening()) !== pid && (await listening()));
      ring(database, 'two');
      await second;
      await bell.until(async () => heard.push('three') > 2, { matches: () => false, every: 30, signal });
    });
    const own = await openDatabase(database.url);
    const bell = openBell(own);
    const left = bell.until(async () => false, { matches: () => true, every: 30, signal }).catch(error => error);
    await bell.close();
    await new Promise(wake => setTimeout(wake, 100)); // looks go on
    await own.close();
    stop.abort(new Error('enough'));
    expect((await left).message).toBe('enough');
  });

  test('models and pictures that workers lack come from the store; where they were not sent, it is said what is missing', async () => {
    await killWorkers();
    const [mine, painted] = [join(folder, 'mine'), join(folder, 'painted.png')];
    cpSync(embeddedModel, mine, { recursive: true });
    execFileSync('ffmpeg', ['-v', 'error', '-i', clip, '-vf', 'negate', '-frames:v', '1', painted]);
    const look = ['--model', mine, '--keyframe', `0=${painted}`];
    const here = await rerenderCommand([clip, ...LOOK, ...look, '--no-cache', '-o', join(folder, 'here.mp4')]);
    expect([here.code, here.stderr]).toEqual([0, expect.any(String)]);
    const sent = () => readdirSync(join(store, 'files')).filter(name => name.startsWith('file-')).length;

    const first = submit('fetched.mp4', ...look, '--no-upload-models');
    await submitted();
    expect(sent()).toBe(1); // the picture
    first.child.kill('SIGKILL');
    const move = (from: string, to: string): void => {
      for (const path of [mine, painted]) renameSync(`${path}${from}`, `${path}${to}`);
    };
    move('', '-away');
    const lacking = startWorker();
    expect(await lacking.ended).toBe(3);
    expect(lacking.log()).toMatch(/a job needs mine\/.* \(--model\), and this content is not here: looked at .*, and for file-.* in /);
    workers.clear();

    move('-away', '');
    const again = submit('fetched.mp4', ...look); // the same job
    await until('its place in the queue', async () => again.log().includes('it goes on when this command ends'));
    expect(sent()).toBeGreaterThan(5);
    move('', '-away');
    const [one, two] = [startWorker(), startWorker()];
    await done(again);
    expect(readFileSync(join(folder, 'fetched.mp4')).equals(readFileSync(join(folder, 'here.mp4')))).toBe(true);
    const said = one.log() + two.log();
    expect(said.match(/fetching mine from/g)?.length).toBe(1); // they share a folder
    expect(said).toContain('fetching painted.png from');
    expect(said).toContain('mine is here');
  });

  test('key frames are shown as they come, a stage may be the last, and a stage is made anew, elsewhere as here', async () => {
    const keys = join(folder, 'keys');
    await done(submit('stopped.mp4', '--stop-after', 'keyframes', '--previews', keys));
    expect(existsSync(join(folder, 'stopped.mp4'))).toBe(false);
    expect(await statuses(pool)).toEqual({ SUCCESS: 4 + 1 });
    const names = readdirSync(join(folder, 'local-keys'));
    expect(readdirSync(keys)).toEqual(names);
    for (const name of names) expect(readFileSync(join(keys, name)).equals(readFileSync(join(folder, 'local-keys', name)))).toBe(true);
    await done(startCommand(['jobs', 'attach', await jobId()], env, folder)); // it has no result, and needs no -o
    const made = (): bigint[] => {
      const drawn = join(store, 'parts', 'keyframe');
      return readdirSync(drawn)
        .sort()
        .map(name => statSync(join(drawn, name), { bigint: true }).ino);
    };
    await done(submit('whole.mp4', '--report'));
    const before = made();
    expectLocalBytes('whole.mp4');
    expect(readFileSync(join(folder, 'whole.mp4.html'), 'utf8')).toContain('<html');
    await done(submit('forced.mp4', '--force', 'propagate'));
    expect(made()).toEqual(before);
    await done(submit('forced.mp4', '--force', 'keyframes'));
    expectLocalBytes('forced.mp4');
    expect(made().length).toBe(before.length);
    expect(made()).not.toEqual(before);
    const shots = submit('none.mp4', '--stop-after', 'shots');
    expect(await shots.ended).toBe(2);
    expect(shots.log()).toContain('--stop-after shots ends before anything that others would do');
  });

  test.skipIf(!canMount)(
    'a full disk and another store end a worker with its reason, clocks that are wrong nobody; the rest goes on',
    { timeout: 300_000 },
    async () => {
      await killWorkers();
      const usual = env;
      const other = join(folder, 'other-store');
      mkdirSync(other);
      const skewed = join(folder, 'skewed.mjs');
      writeFileSync(
        skewed,
        `const { now } = Date, shift = 1000 * Number(process.env.SHIFT);
       globalThis.Date = class extends Date {
         constructor(...args) { super(...(args.length > 0 ? args : [now() + shift])); }
         static now() { return now() + shift; }
       };`,
      );
      const startWith = (own: Record<string, string>, ...flags: string[]): Process => {
        env = { ...usual, ...own };
        const worker = startWorker(...flags);
        env = usual;
        return worker;
      };
      const full = startWith({ TMPDIR: small }, '--bank-memory', '0');
      const astray = startWith({ RERENDER_STORE: other });
      const command = submit('rest.mp4');
      expect([await full.ended, full.log()]).toEqual([1, expect.stringMatching(/there is no room left in .*small/)]);
      expect([await astray.ended, astray.log()]).toEqual([3, expect.stringContaining('a job lies in another store than')]);
      workers.clear();
      const patient = ['--silence', '20']; // who is busy is not gone
      const late = startWith({ NODE_OPTIONS: `--import=${skewed}`, SHIFT: '-3600' }, '--metrics-port', '0', ...patient);
      const early = startWith({ NODE_OPTIONS: `--import=${skewed}`, SHIFT: '3600' }, ...patient);
      await done(command);
      expectLocalBytes('rest.mp4');
      expect(late.log() + early.log()).not.toContain('is gone');
      const numbers = await (await fetch(/http:.*metrics/.exec(late.log())![0])).text();
      expect(numbers).toMatch(/^rerender_units_total\{kind="\w+",outcome="done"\} [1-9]/m);
      expect(numbers).toMatch(/^rerender_store_bytes_total\{direction="out"\} [1-9]/m);
      await killWorkers();
    },
  );

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
    const long = await rerenderCommand(['bench', 'scale', '--queued', '20', '--json'], { env });
    expect([long.code, long.stderr]).toEqual([0, expect.any(String)]);
    const waiting = (JSON.parse(long.stdout) as QueuedBench).rows;
    expect(waiting.map(({ queued }) => queued)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    for (const { enqueue, take, look } of waiting) expect(Math.min(enqueue, take, look)).toBeGreaterThan(0);
    for (const { child } of workers.values()) expect(child.exitCode).toBeNull(); // theirs is not touched
  });

  test('what is wrong with a database or a store is said without its password', async () => {
    const refused = await rerenderCommand(['jobs', '--database-url', 'postgres://me:secret@127.0.0.1:1/farm']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('the database 127.0.0.1:1/farm cannot be used: nothing listens there');
    const absent = await rerenderCommand(['jobs', '--database-url', database.url.replace('/farm', '/none')]);
    expect(absent.stderr).toContain('it does not exist: make it with createdb');
    expect((await rerenderCommand(['jobs', '--database-url', 'nonsense'])).code).toBe(2);
    const versioned = postgres.url('versioned');
    const dated = await openDatabase(versioned);
    for (const [version, word] of [
      [0, 'an older'],
      [99, 'a newer'],
    ]) {
      await dated.pool.query('UPDATE rerender.schema SET version = $1', [version]);
      await expect(openDatabase(versioned)).rejects.toThrow(
        `/versioned has tables of ${word} version of rerender (${version}, this one has`,
      );
    }
    await dated.close();
    const foreign = await rerenderCommand(['worker', '--database-url', database.url, '--store', folder]);
    expect(foreign.stderr).toContain('it holds other files and is no store: name an empty folder');
    for (const { stdout, stderr } of [refused, absent, foreign]) expect(stdout + stderr).not.toContain('secret');
  });

  test('the page has clips rendered elsewhere, too', async () => {
    const look = {
      style: 'an oil painting',
      size: 64,
      steps: 12,
      cfgScale: 1.5,
      interval: 6,
      threads: 1,
      jobs: 1,
      workDir: join(folder, 'page-parts'),
    };
    const heard: string[] = [];
    const preview = await openPreview({
      ...{ input: clip, ...look, output: join(folder, 'page.mp4') },
      elsewhere: ({ onEvent, ...request }) => {
        const listen: Listener = event => {
          heard.push(event.type);
          onEvent?.(event);
        };
        return rerenderAway({ ...request, onEvent: listen }, { ...place(), priority: 100, shows: true });
      },
    });
    try {
      const page = asker(preview.url);
      expect((await page.post('api/render', { values: {} })).status).toBe(200);
      const render = await until('the render', async () => {
        const { render } = JSON.parse((await page.ask('api/state')).text) as StateInfo;
        return render !== undefined && render.state !== 'running' && render;
      });
      expect([render.state, render.message]).toEqual(['done', undefined]);
    } finally {
      await preview.close();
    }
    expectLocalBytes('page.mp4');
    expect(heard.filter(type => type === 'preview').length).toBe(readdirSync(join(folder, 'local-keys')).length - 1); // and a sheet
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

  test('with a bucket as the store the bytes are the same, and the model comes out of it', async () => {
    await killWorkers();
    const s3 = await startS3(join(folder, 's3'));
    const before = env;
    try {
      env = { ...env, ...s3.env, RERENDER_STORE: `s3://${s3.bucket}/films`, XDG_CACHE_HOME: join(folder, 'empty-cache') };
      const model = join(folder, 'bucketed');
      cpSync(embeddedModel, model, { recursive: true });
      const command = submit('bucket.mp4', '--model', model);
      await until('its place in the queue', async () => command.log().includes('it goes on when this command ends'));
      renameSync(model, `${model}-away`);
      const worker = startWorker();
      await done(command);
      expect(worker.log()).toContain('fetching bucketed from');
      expectLocalBytes('bucket.mp4');
      const { code, stdout } = await rerenderCommand(['jobs', 'clean', '--json'], { env });
      expect([code, JSON.parse(stdout).removed.length]).toEqual([0, 1]);
    } finally {
      env = before;
      s3.stop();
    }
  });
});
