import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { openPool } from '../../threads/pool.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateful-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A stateful thread with one call whose body is given. */
const start = (body: string, before = '') => {
  const file = join(folder, `${Math.random()}.mjs`);
  const serve = JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'threads', 'serve.js')).href);
  writeFileSync(file, `import { serve } from ${serve}; ${before}; serve({ ask: async input => { ${body} } });`);
  return openPool<{ ask: { input: unknown; output: unknown } }>(pathToFileURL(file), { name: 'test', stateful: true, workerData: 3 });
};

test.each([
  ['ends itself', 'process.exit(7)', 'the test thread stopped with exit code 7'],
  [
    'throws outside of the task',
    'setImmediate(() => { throw new Error("out of luck"); }); await new Promise(() => 0)',
    'failed: out of luck',
  ],
])('a thread that %s rejects the call, those behind it and all later ones', async (_, body, message) => {
  const thread = start(body);
  const calls = await Promise.allSettled([thread.run('ask', 1), thread.run('ask', 2)]);
  for (const call of calls) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_DIED', message: expect.stringContaining(message) } });
  }
  await expect(thread.run('ask', 3)).rejects.toThrow(`${message}; start again`);
  await thread.close();
});

test('a thread that dies before it is asked refuses the first call', async () => {
  const absent = openPool(pathToFileURL(join(folder, 'absent.mjs')), { name: 'test', stateful: true });
  await expect(absent.run('ask', 1)).rejects.toThrow('Cannot find module');
  await absent.close();
});

test('calls are answered in order, one at a time, with what the thread was opened with', async () => {
  const body = 'await new Promise(resolve => setTimeout(resolve, 20 - input)); return { value: [++count, input * workerData] }';
  const thread = start(body, 'import { workerData } from "node:worker_threads"; let count = 0');
  expect(await Promise.all([1, 2, 3].map(n => thread.run('ask', n)))).toEqual([1, 2, 3].map(n => [n, 3 * n]));
  await thread.close();
});

test('close lets the call in progress end with its result', async () => {
  const thread = start('await new Promise(resolve => setTimeout(resolve, 50)); return { value: input }');
  const [first, second] = [thread.run('ask', 1), thread.run('ask', 2)];
  const refused = expect(second).rejects.toMatchObject({
    code: 'WORKER_CLOSED',
    message: expect.stringContaining('the test thread was closed'),
  });
  await thread.close();
  await expect(first).resolves.toBe(1);
  await refused;
});

test('an error of the program keeps its code and exit code across the border, another is TASK_FAILED', async () => {
  const errors = JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'config', 'errors.js')).href);
  const thread = start('throw input ? new UsageError("too small") : new Error("odd")', `import { UsageError } from ${errors}`);
  await expect(thread.run('ask', true)).rejects.toMatchObject({
    code: 'USAGE',
    exitCode: 2,
    message: 'test: too small',
    reason: 'too small',
  });
  await expect(thread.run('ask', false)).rejects.toMatchObject({ code: 'TASK_FAILED', exitCode: 1, message: 'test: odd' });
  await thread.close();
});

test('buffers on the transfer list move to the thread', async () => {
  const thread = start('return { value: input.reduce((a, b) => a + b) }');
  const data = Float32Array.of(1, 2, 4);
  const sum = thread.run('ask', data, { transfer: [data.buffer] });
  expect(data.length).toBe(0);
  expect(await sum).toBe(7);
  await thread.close();
});

test('an input that cannot be cloned is refused and leaves the thread usable', async () => {
  const thread = start('return { value: input }');
  await expect(thread.run('ask', () => 0)).rejects.toThrow('could not be cloned');
  expect(await thread.run('ask', 5)).toBe(5);
  await thread.close();
});
