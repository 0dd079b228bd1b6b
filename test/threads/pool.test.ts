import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { openPool } from '../../threads/pool.ts';
import { share } from '../../threads/share.ts';

type TestTasks = {
  double: { input: number; output: number };
  refuse: { input: string; output: never };
  leave: { input: number; output: never };
  leaveOnce: { input: Int32Array; output: string };
  spin: { input: SharedArrayBuffer; output: string };
};

const folder = mkdtempSync(join(tmpdir(), 'pool-'));
afterAll(() => rmSync(folder, { recursive: true }));

const entry = join(folder, 'worker.mjs');
writeFileSync(
  entry,
  `import { serve } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'threads', 'serve.js')).href)};
   serve({
     double: value => ({ value: 2 * value }),
     refuse: text => { throw new Error(text); },
     leave: code => process.exit(code),
     leaveOnce: deaths => Atomics.add(deaths, 0, 1) === 0 ? process.exit(3) : { value: 'done' },
     spin: (flag, checkpoint) => { const seen = new Int32Array(flag); Atomics.store(seen, 0, 1);
       try { for (;;) checkpoint(); } finally { Atomics.store(seen, 0, 2); Atomics.notify(seen, 0); } },
   });`,
);

const open = (size: number) => openPool<TestTasks>(pathToFileURL(entry), { size, name: 'test pool' });

test.each([1, 2, 3])('%i threads answer many jobs, each its own', async size => {
  const pool = open(size);
  const inputs = Array.from({ length: 20 }, (_, i) => i);
  expect(await Promise.all(inputs.map(n => pool.run('double', n)))).toEqual(inputs.map(n => 2 * n));
  await pool.close();
});

test('a task that throws rejects by its message and leaves the pool usable', async () => {
  const pool = open(1);
  await expect(pool.run('refuse', 'too dark')).rejects.toMatchObject({ code: 'TASK_FAILED', message: 'test pool: too dark', exitCode: 1 });
  expect(await pool.run('double', 4)).toBe(8);
  await pool.close();
});

test('a job whose thread dies is done again by a new thread', async () => {
  const pool = open(1);
  const deaths = new Int32Array(new SharedArrayBuffer(4));
  const [redone, after] = await Promise.all([pool.run('leaveOnce', deaths), pool.run('double', 5)]);
  expect([redone, after, deaths[0]]).toEqual(['done', 10, 2]);
  await pool.close();
});

test('a job whose thread dies twice is rejected; the next one gets a new thread', async () => {
  const pool = open(1);
  const [died, after] = await Promise.allSettled([pool.run('leave', 7), pool.run('double', 5)]);
  expect(died).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_DIED', message: expect.stringContaining('exit code 7') } });
  expect(after).toEqual({ status: 'fulfilled', value: 10 });
  await pool.close();
});

test('an abort rejects at once and ends the running job at its next checkpoint', async () => {
  const pool = open(1);
  const flag = new SharedArrayBuffer(4);
  const seen = new Int32Array(flag);
  const stop = new AbortController();
  const job = pool.run('spin', flag, { signal: stop.signal });
  while (Atomics.load(seen, 0) === 0) await new Promise(resolve => setTimeout(resolve, 5));
  stop.abort(new Error('enough'));
  await expect(job).rejects.toThrow('enough');
  expect(await pool.run('double', 1)).toBe(2); // the thread is free again
  expect(Atomics.load(seen, 0)).toBe(2);
  await pool.close();
});

test('an aborted job that waits in line is never started', async () => {
  const pool = open(1);
  const [flag, never] = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
  const [first, second] = [new AbortController(), new AbortController()];
  const running = pool.run('spin', flag, { signal: first.signal });
  const waiting = pool.run('spin', never, { signal: second.signal });
  second.abort(new Error('not needed'));
  await expect(waiting).rejects.toThrow('not needed');
  first.abort(new Error('done'));
  await expect(running).rejects.toThrow('done');
  await pool.run('double', 1);
  expect(new Int32Array(never)[0]).toBe(0);
  await pool.close();
});

test('a job whose input moved to the thread that died is not done again', async () => {
  const pool = open(1);
  const moved = new ArrayBuffer(4);
  const died = pool.run('leave', 7, { transfer: [moved] });
  await expect(died).rejects.toMatchObject({
    code: 'WORKER_DIED',
    message: expect.stringContaining('stopped with exit code 7 during leave'),
  });
  expect(await pool.run('double', 5)).toBe(10);
  await pool.close();
});

test('closing rejects what runs, what waits and what comes later', async () => {
  const pool = open(1);
  const jobs = [pool.run('spin', new SharedArrayBuffer(4)), pool.run('double', 1)];
  const settled = Promise.allSettled(jobs);
  await pool.close();
  for (const outcome of await settled) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_CLOSED' } });
  await expect(pool.run('double', 1)).rejects.toMatchObject({ code: 'WORKER_CLOSED' });
});

test('share copies once into shared memory', () => {
  const once = share(Uint8Array.of(1, 2, 3));
  expect(once.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([...once]).toEqual([1, 2, 3]);
  expect(share(once)).toBe(once);
  const bytes = share<Uint8Array>(Buffer.from([4, 5]));
  expect([bytes.buffer instanceof SharedArrayBuffer, ...bytes]).toEqual([true, 4, 5]);
  expect([...share(Float32Array.of(0.5, -2))]).toEqual([0.5, -2]);
});
