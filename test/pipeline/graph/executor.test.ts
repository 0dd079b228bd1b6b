import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { execute, type Task } from '../../pipeline/graph/executor.ts';
import { type ArtifactStore, diskStore } from '../../pipeline/graph/store.ts';

let folder: string;
let store: ArtifactStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerender-run-'));
  store = diskStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** A task that joins its inputs and its own name, and notes when it began. */
const joins = (id: string, needs: string[], resource: Task['resource'], log: string[]): Task => ({
  id,
  key: `test-${id}`,
  resource,
  needs,
  run: async inputs => {
    log.push(id);
    await pause(5);
    return Buffer.from(`(${inputs.map(text).join('+')}${id})`);
  },
});

const chain = (log: string[]): Task[] => [
  joins('key0', [], 'inference', log),
  joins('key1', [], 'inference', log),
  joins('between0', ['key0', 'key1'], 'cpu', log),
  joins('key2', [], 'inference', log),
  joins('between1', ['key1', 'key2'], 'cpu', log),
];

const options = (signal = new AbortController().signal) => ({ store, limits: { inference: 1, cpu: 2 }, exclusive: true, signal });

describe('executor', () => {
  test('gives every task the artifacts that it needs, in their order', async () => {
    const run = execute(chain([]), options());
    expect(text(await run.artifact('between1'))).toBe('((key1)+(key2)between1)');
    await run.finished;
  });

  test('does not make what the store has, unless forced', async () => {
    await execute(chain([]), options()).finished;
    const again: string[] = [];
    const cached: string[] = [];
    const tasks = chain(again).map(t => (t.id === 'between0' ? { ...t, force: true } : t));
    await execute(tasks, { ...options(), onDone: (task, was) => void (was && cached.push(task.id)) }).finished;
    expect(again).toEqual(['between0']);
    expect(cached.sort()).toEqual(['between1', 'key0', 'key1', 'key2']);
  });

  test('never more at once than a resource allows', async () => {
    const running = { now: 0, most: 0 };
    const busy = (id: string): Task => ({
      ...joins(id, [], 'cpu', []),
      run: async () => {
        running.most = Math.max(running.most, ++running.now);
        await pause(5);
        running.now--;
        return Buffer.from(id);
      },
    });
    await execute(['a', 'b', 'c', 'd'].map(busy), options()).finished;
    expect(running.most).toBe(2);
  });

  test('when exclusive, all inference comes before the rest; otherwise each task as soon as it can', async () => {
    const together: string[] = [];
    await execute(chain(together), { ...options(), limits: { inference: 1, cpu: 1 } }).finished;
    expect(together).toEqual(['key0', 'key1', 'key2', 'between0', 'between1']);
    const apart: string[] = [];
    await execute(
      chain(apart).map(t => ({ ...t, key: `${t.key}-again` })),
      { ...options(), exclusive: false },
    ).finished;
    expect(apart.indexOf('between0')).toBeLessThan(apart.indexOf('between1'));
    expect(apart.indexOf('between0')).toBeGreaterThan(apart.indexOf('key1'));
  });

  test('the first failure ends the run and keeps what was finished', async () => {
    const tasks = chain([]).map((t): Task => (t.id === 'key2' ? { ...t, run: () => Promise.reject(new Error('no such key')) } : t));
    const run = execute(tasks, options());
    await expect(run.finished).rejects.toThrow('no such key');
    expect(await store.has('test-key0')).toBe(true);
    expect(await store.has('test-between1')).toBe(false);
  });

  test('an abort stops before the next task', async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const run = execute(chain(log), { ...options(controller.signal), onDone: () => controller.abort(new Error('enough')) });
    await expect(run.finished).rejects.toThrow('enough');
    expect(log.length).toBeLessThan(3);
  });
});
