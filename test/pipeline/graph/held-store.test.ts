import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { heldStore } from '../../../pipeline/graph/held-store.ts';
import { artifactKey } from '../../../pipeline/graph/key.ts';
import { type ArtifactStore, diskStore } from '../../../pipeline/graph/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const key = (part: number) => artifactKey('states', 1, { part });
const bytes = (part: number) => Uint8Array.from({ length: 100 }, (_, i) => i + part);
const PARTS = [1, 2, 3, 4];

/** A store that counts what is read from the disk. */
const counted = (store: ArtifactStore) => {
  const reads: string[] = [];
  const get: ArtifactStore['get'] = key => {
    reads.push(key);
    return store.get(key);
  };
  return { reads, store: { ...store, get } };
};

describe('a store that is held in memory', () => {
  test.each([
    ['none', 0, 4],
    ['two parts', 250, 2],
    ['all', 1e6, 0],
  ])('gives back what was put, and reads from the disk what memory has no room for (%s)', async (name, limit, misses) => {
    const { store, reads } = counted(diskStore(join(folder, name)));
    const held = heldStore(store, limit);
    for (const part of PARTS) await held.put(key(part), bytes(part));
    for (let turn = 0; turn < 3; turn++) {
      reads.length = 0;
      for (const part of PARTS) expect([...(await held.get(key(part)))!]).toEqual([...bytes(part)]);
      expect(reads).toEqual(PARTS.slice(4 - misses).map(key)); // the earliest stay
    }
    for (const part of PARTS) expect(await held.has(key(part))).toBe(true);
    expect(await held.has(key(9))).toBe(false);
    expect(await held.get(key(9))).toBeUndefined();
    const again = heldStore(diskStore(join(folder, name)), limit); // another process
    for (const part of PARTS) expect([...(await again.get(key(part)))!]).toEqual([...bytes(part)]);
  });

  test.each(['release', 'remove'] as const)('%s drops from memory and from the disk, and makes room', async how => {
    const place = join(folder, how);
    const { store, reads } = counted(diskStore(place));
    const held = heldStore(store, 250);
    for (const part of [1, 2]) await held.put(key(part), bytes(part));
    await held[how](key(1));
    expect(await held.has(key(1))).toBe(false);
    expect(await held.get(key(1))).toBeUndefined();
    expect(readdirSync(join(place, 'states'))).toEqual([key(2)]);
    reads.length = 0;
    await held.put(key(3), bytes(3));
    expect(await held.get(key(3))).toBeDefined();
    expect(reads).toEqual([]);
  });

  test('what is put again counts once', async () => {
    const { store, reads } = counted(diskStore(join(folder, 'again')));
    const held = heldStore(store, 250);
    for (let i = 0; i < 5; i++) await held.put(key(1), bytes(i));
    await held.put(key(2), bytes(2));
    expect([...(await held.get(key(1)))!]).toEqual([...bytes(4)]);
    expect(await held.get(key(2))).toBeDefined();
    expect(reads).toEqual([]);
  });

  test('what is in memory is there when the disk has lost it', async () => {
    const place = join(folder, 'lost');
    const held = heldStore(diskStore(place), 150);
    for (const part of [1, 2]) await held.put(key(part), bytes(part));
    rmSync(place, { recursive: true });
    expect(await held.has(key(1))).toBe(true);
    expect([...(await held.get(key(1)))!]).toEqual([...bytes(1)]);
    expect(await held.has(key(2))).toBe(false);
  });
});
