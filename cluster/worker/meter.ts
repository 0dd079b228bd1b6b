// What a worker has done since it began, as numbers that Prometheus reads; and the store as it counts what goes through it.
import { stat } from 'node:fs/promises';
import type { SharedStore } from '../store/store.ts';

export type Meter = {
  /** A unit has ended. */
  unit(kind: string, outcome: 'done' | 'failed', seconds: number): void;
  /** Bytes from the store, or into it. */
  bytes(direction: 'in' | 'out', count: number): void;
  read(): Readings;
};

export type Readings = {
  /** By `KIND OUTCOME`. */
  readonly units: ReadonlyMap<string, { readonly count: number; readonly seconds: number }>;
  readonly bytes: Readonly<Record<'in' | 'out', number>>;
};

export const openMeter = (): Meter => {
  const units = new Map<string, { count: number; seconds: number }>();
  const bytes = { in: 0, out: 0 };
  return {
    unit: (kind, outcome, seconds) => {
      const name = `${kind} ${outcome}`;
      const { count, seconds: before } = units.get(name) ?? { count: 0, seconds: 0 };
      units.set(name, { count: count + 1, seconds: before + seconds });
    },
    bytes: (direction, count) => {
      bytes[direction] += count;
    },
    read: () => ({ units, bytes }),
  };
};

/** A store whose traffic is counted: parts, and whole files. */
export const countedStore = (store: SharedStore, meter: Pick<Meter, 'bytes'>): SharedStore => ({
  ...store,
  parts: {
    ...store.parts,
    get: async key => {
      const bytes = await store.parts.get(key);
      meter.bytes('in', bytes?.length ?? 0);
      return bytes;
    },
    put: async (key, bytes) => {
      await store.parts.put(key, bytes);
      meter.bytes('out', bytes.length);
    },
  },
  putFile: async (key, path, sent) => {
    const there = await store.hasFile(key);
    await store.putFile(key, path, sent);
    if (!there) meter.bytes('out', (await stat(path)).size);
  },
  getFile: async (key, path) => {
    const found = await store.getFile(key, path);
    if (found) meter.bytes('in', (await stat(path)).size);
    return found;
  },
});
