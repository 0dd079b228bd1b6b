// A store whose bytes are also held in memory, up to a limit.
import type { ArtifactStore } from './store.ts';

/**
 * What finds no room in memory when it is put is read from the store whenever it is needed; nothing that is in memory leaves for something
 * newer, as attention states are read in the order in which they were written, again and again.
 * @param limit bytes in memory
 */
export const heldStore = (store: ArtifactStore, limit: number): ArtifactStore => {
  const held = new Map<string, Uint8Array>();
  let total = 0;
  const drop = (key: string): void => {
    total -= held.get(key)?.length ?? 0;
    held.delete(key);
  };
  return {
    has: async key => held.has(key) || store.has(key),
    get: async key => held.get(key) ?? store.get(key),
    put: async (key, bytes) => {
      drop(key);
      if (total + bytes.length <= limit) {
        held.set(key, bytes);
        total += bytes.length;
      }
      await store.put(key, bytes);
    },
    release: async key => {
      drop(key);
      await store.release(key);
    },
    remove: async key => {
      drop(key);
      await store.remove(key);
    },
  };
};
