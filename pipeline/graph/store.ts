// Finished parts on disk, addressed by what they were made from: resume, incremental runs and previews in one mechanism.
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../config/exists.ts';
import { writeError } from '../../media/disk-error.ts';
import { partName, sweepParts } from '../../media/whole-file.ts';

/** Bytes under a key. Same key, same bytes. */
export type ArtifactStore = {
  has(key: string): Promise<boolean>;
  /** The bytes, or undefined when there are none or they are damaged (then they are made again). */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** This run needs the bytes no longer: they go, at once or when no other run that shares the folder lives. */
  release(key: string): Promise<void>;
  /** Removes the bytes at once: they are damaged. */
  remove(key: string): Promise<void>;
};

/** SHA-256 at the head of each file. */
export const DIGEST_BYTES = 32;

/** Over the key, too: a file that lies under another's key is damaged. */
export const partDigest = (key: string, bytes: Uint8Array): Buffer => createHash('sha256').update(`${key}\n`).update(bytes).digest();

const KEY = /^[a-z-]+-[0-9a-f]{40}$/;

/** Names of keys that were released while other runs lived: an empty file each. */
const RELEASED = 'released';

/** Says that a file is used now: the longest unused are dropped first. */
const used = async (path: string): Promise<void> => {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
};

const stageOf = (key: string): string => key.slice(0, key.lastIndexOf('-'));

/**
 * A store in a folder, made when first written. Files appear under their key only when whole and on the disk, and are checked when read.
 * @param shared whether another living run uses the folder; what is released stays while one does
 */
export const diskStore = (folder: string, shared: () => Promise<boolean> = async () => false): ArtifactStore => {
  const path = (key: string) => join(folder, stageOf(key), key);
  const mark = (key: string) => join(folder, RELEASED, key);
  const remove = async (key: string): Promise<void> => {
    await rm(path(key), { force: true });
  };
  return {
    has: async key => {
      if (!(await exists(path(key)))) return false;
      await used(path(key));
      return true;
    },
    get: async key => {
      const file = await readFile(path(key)).catch(() => undefined);
      if (!file || file.length < DIGEST_BYTES) return undefined;
      const bytes = file.subarray(DIGEST_BYTES);
      if (!partDigest(key, bytes).equals(file.subarray(0, DIGEST_BYTES))) return undefined;
      await used(path(key));
      return bytes;
    },
    put: async (key, bytes) => {
      const target = path(key);
      const stage = join(folder, stageOf(key));
      const partial = join(stage, partName());
      try {
        await mkdir(stage, { recursive: true });
        const file = await open(partial, 'wx');
        try {
          await file.writeFile(partDigest(key, bytes));
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(partial, target);
        await rm(mark(key), { force: true }); // needed again
      } catch (cause) {
        await rm(partial, { force: true }).catch(() => undefined);
        throw await writeError(cause, folder, bytes.length + DIGEST_BYTES);
      }
    },
    release: async key => {
      if (!(await shared())) return remove(key);
      await mkdir(join(folder, RELEASED), { recursive: true });
      await (await open(mark(key), 'w')).close();
    },
    remove,
  };
};

/** Removes what runs released while others lived, and what killed runs left half written. To be called while no other run lives. */
export const sweepStore = async (folder: string): Promise<void> => {
  for (const key of await readdir(join(folder, RELEASED)).catch(() => [])) {
    if (KEY.test(key)) await rm(join(folder, stageOf(key), key), { force: true });
    await rm(join(folder, RELEASED, key), { force: true });
  }
};

/** Removes the temporary files of runs that have ended. */
export const sweepTorn = async (folder: string): Promise<void> => {
  const stages = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const stage of stages) if (stage.isDirectory()) await sweepParts(join(folder, stage.name));
};

/** A finished part as it lies on the disk. */
export type StoredFile = {
  readonly path: string;
  /** The step that made it, as its key names it. */
  readonly step: string;
  readonly bytes: number;
  /** When it was made or last read, milliseconds since 1970. */
  readonly used: number;
};

/** What lies in a store's folder. */
export const storedFiles = async (folder: string): Promise<StoredFile[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: StoredFile[] = [];
  for (const { name: step } of entries.filter(entry => entry.isDirectory() && entry.name !== RELEASED)) {
    for (const key of await readdir(join(folder, step)).catch(() => [])) {
      if (!KEY.test(key)) continue;
      const path = join(folder, step, key);
      const info = await stat(path).catch(() => undefined);
      if (info?.isFile()) files.push({ path, step, bytes: info.size, used: info.mtimeMs });
    }
  }
  return files;
};

/** Removes files. */
export const dropFiles = async (files: readonly StoredFile[]): Promise<void> => {
  await Promise.all(files.map(({ path }) => rm(path, { force: true })));
};

/**
 * Of files that may hold at most `limit` bytes together those that have to go: the longest unused.
 * @param fixed whether a file stays whatever happens; it counts
 */
export const excessOf = (files: readonly StoredFile[], limit: number, fixed: (file: StoredFile) => boolean = () => false): StoredFile[] => {
  let total = files.filter(fixed).reduce((sum, { bytes }) => sum + bytes, 0);
  const loose = files.filter(file => !fixed(file)).sort((a, b) => b.used - a.used);
  return loose.filter(({ bytes }) => (total += bytes) > limit);
};
