import { copyFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { artifactKey } from '../../../pipeline/graph/key.ts';
import { diskStore, dropFiles, excessOf, storedFiles, sweepStore } from '../../../pipeline/graph/store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerender-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (key: string) => join(folder, key.slice(0, key.indexOf('-')), key);

describe('store', () => {
  const key = artifactKey('keyframes', 1, { a: 1 });

  test('gives back what was put, also to another process', async () => {
    await diskStore(folder).put(key, Buffer.from('drawn'));
    expect(Buffer.from((await diskStore(folder).get(key))!).toString()).toBe('drawn');
  });

  test('a damaged or cut artifact counts as absent', async () => {
    const store = diskStore(folder);
    await store.put(key, Buffer.from('drawn with care'));
    const bytes = await readFile(file(key));
    await writeFile(file(key), bytes.subarray(0, -1));
    expect(await store.get(key)).toBeUndefined();
    bytes[40]! ^= 1;
    await writeFile(file(key), bytes);
    expect(await store.get(key)).toBeUndefined();
  });

  test('a whole file under the key of another is taken for none', async () => {
    const store = diskStore(folder);
    const other = artifactKey('keyframes', 1, { other: true });
    await store.put(key, Buffer.from('one'));
    await store.put(other, Buffer.from('another'));
    await copyFile(file(other), file(key));
    expect(await store.get(key)).toBeUndefined();
    await store.put(key, Buffer.from('drawn'));
    await store.remove(other);
  });

  test('pruning drops the longest unused first and leaves the rest', async () => {
    const store = diskStore(folder);
    const keys = [1, 2, 3].map(i => artifactKey('keyframes', 1, { i }));
    for (const [i, k] of keys.entries()) {
      await store.put(k, Buffer.alloc(1000));
      const at = new Date(Date.now() - (10 - i) * 60_000);
      await utimes(file(k), at, at);
    }
    await store.get(keys[0]!); // used again: now the newest
    await dropFiles(excessOf(await storedFiles(folder), 2200));
    expect(await Promise.all(keys.map(k => store.has(k)))).toEqual([true, false, true]);
    expect((await readdir(join(folder, 'keyframes'))).length).toBe(2);
  });

  test('what is released goes at once, or when no other run lives, unless it is put again', async () => {
    let shared = false;
    const store = diskStore(folder, async () => shared);
    const keys = [1, 2, 3].map(i => artifactKey('keyframes', 1, { i }));
    for (const k of keys) await store.put(k, Buffer.alloc(10));
    const there = () => Promise.all(keys.map(k => store.has(k)));
    await store.release(keys[0]!);
    expect(await there()).toEqual([false, true, true]);
    shared = true;
    for (const k of keys.slice(1)) await store.release(k);
    expect(await there()).toEqual([false, true, true]);
    await store.put(keys[2]!, Buffer.alloc(10)); // needed again
    await sweepStore(folder);
    expect(await there()).toEqual([false, false, true]);
    await sweepStore(folder);
    expect(await there()).toEqual([false, false, true]);
  });

  test('what never was is released and removed without a word', async () => {
    const store = diskStore(join(folder, 'none'));
    await store.release(key);
    await store.remove(key);
    expect(await store.has(key)).toBe(false);
    expect(await store.get(key)).toBeUndefined();
  });
});
