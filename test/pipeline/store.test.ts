import { copyFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { artifactKey } from '../../pipeline/graph/key.ts';
import { diskStore, dropFiles, excessOf, storedFiles } from '../../pipeline/graph/store.ts';
import { packPictures, unpackPictures } from '../../pipeline/steps/pictures.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerender-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (key: string) => join(folder, key.slice(0, key.indexOf('-')), key);

describe('artifact keys', () => {
  test('depend on stage, version and every ingredient, not on the order in which they are written', () => {
    const key = artifactKey('keyframes', 1, { seed: 1, source: { digest: 'a', frame: 3 } });
    expect(artifactKey('keyframes', 1, { source: { frame: 3, digest: 'a' }, seed: 1 })).toBe(key);
    expect(artifactKey('keyframes', 1, { source: { frame: 3, digest: 'a' }, seed: 1, absent: undefined })).toBe(key);
    expect(artifactKey('keyframes', 2, { seed: 1, source: { digest: 'a', frame: 3 } })).not.toBe(key);
    expect(artifactKey('keyframes', 1, { seed: 2, source: { digest: 'a', frame: 3 } })).not.toBe(key);
    expect(artifactKey('keyframes', 1, { seed: 1, source: { digest: 'a', frame: 4 } })).not.toBe(key);
  });
});

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
});

test('packed pictures come out as they went in', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer(),
      async (width, height, count, seed) => {
        const pictures = Array.from({ length: count }, (_, n) => ({
          width,
          height,
          data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (seed + n * 31 + i * 7) & 255),
        }));
        const out = await unpackPictures(await packPictures(pictures));
        expect(out.map(p => ({ ...p, data: [...p.data] }))).toEqual(pictures.map(p => ({ ...p, data: [...p.data] })));
      },
    ),
    { numRuns: 30 },
  ));
