// A store in a folder that all machines see, as over NFS: files are made under names of their own, brought to the disk and renamed, so that
// nobody reads half of one.
import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RerenderError, UsageError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import { isObject } from '../../config/json.ts';
import { reasonOf, roomError } from '../../media/disk-error.ts';
import { partName } from '../../media/whole-file.ts';
import { diskStore } from '../../pipeline/graph/store.ts';
import { MARKER, type SharedStore, StoreError } from './store.ts';

const FORMAT = 'rerender store';

/** Milliseconds between two looks at how far a copy is. */
const LOOK = 500;

/** Copies a file so that it appears whole, and lies on the disk. @param copied hears of its bytes */
const copyWhole = async (from: string, to: string, copied?: (bytes: number) => void): Promise<void> => {
  const partial = join(dirname(to), partName());
  const look = async (): Promise<void> => copied?.((await stat(partial)).size);
  const watch = copied && setInterval(() => void look().catch(() => undefined), LOOK);
  try {
    await copyFile(from, partial, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const file = await open(partial, 'r+');
    await file.sync().finally(() => file.close());
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(watch);
  }
};

const idIn = async (marker: string): Promise<string | undefined> => {
  const text = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const content: unknown = JSON.parse(text);
  return isObject(content) && content.format === FORMAT && typeof content.id === 'string' ? content.id : undefined;
};

/** Makes a store of a folder that is empty; another process may do so at the same moment. */
const found = async (folder: string): Promise<string> => {
  const others = (await readdir(folder)).filter(name => !name.startsWith('.'));
  if (others.length > 0) throw new UsageError(`--store ${folder}: it holds other files and is no store: name an empty folder.`);
  await mkdir(join(folder, 'parts'), { recursive: true });
  await mkdir(join(folder, 'files'), { recursive: true });
  const marker = join(folder, MARKER);
  const file = await open(marker, 'wx');
  await file.writeFile(`${JSON.stringify({ format: FORMAT, version: 1, id: randomUUID() })}\n`);
  await file.sync().finally(() => file.close());
  return (await idIn(marker))!;
};

const ATTEMPTS = 20;

/** The id of the store in a folder, which is made where it is empty. */
const idOf = async (folder: string, attempts = ATTEMPTS): Promise<string> => {
  const marker = join(folder, MARKER);
  const present = await idIn(marker).catch(error => {
    if (attempts > 1 && error instanceof SyntaxError) return undefined; // another process is writing it
    throw error;
  });
  if (present !== undefined) return present;
  try {
    return await found(folder);
  } catch (error) {
    if (attempts <= 1 || !(await exists(marker))) throw error;
    await new Promise(wake => setTimeout(wake, 100));
    return idOf(folder, attempts - 1);
  }
};

/** @throws UsageError for a folder that is not there or holds other things */
export const openFolderStore = async (path: string): Promise<SharedStore> => {
  const folder = resolve(path);
  if (!(await exists(folder))) throw new UsageError(`--store ${path}: there is no such folder: make it, where every machine sees it.`);
  const id = await idOf(folder).catch(cause => {
    if (cause instanceof RerenderError) throw cause;
    throw new StoreError(folder, `${reasonOf(cause)}.`, { cause });
  });
  const disk = diskStore(join(folder, 'parts'));
  const fileOf = (key: string): string => join(folder, 'files', key);
  /** A drive that is gone leaves an empty folder: nothing is absent, and nothing is written, before the marker has been seen. */
  const confirm = async (): Promise<void> => {
    const now = await idIn(join(folder, MARKER)).catch(cause => {
      throw new StoreError(folder, `${reasonOf(cause)}.`, { cause });
    });
    if (now !== id) throw new StoreError(folder, 'its drive is gone, or another one is there.');
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError(folder, cause instanceof RerenderError ? cause.message : `${reasonOf(cause)}.`, { cause });
    }
  };
  return {
    name: folder,
    id,
    parts: {
      has: async key => {
        if (await disk.has(key)) return true;
        await confirm();
        return disk.has(key);
      },
      get: async key => {
        const bytes = await disk.get(key);
        if (bytes) return bytes;
        await confirm();
        return disk.get(key);
      },
      put: (key, bytes) => guarded(async () => confirm().then(() => disk.put(key, bytes))),
      release: key => guarded(() => disk.release(key)),
      remove: key => guarded(() => disk.remove(key)),
    },
    hasFile: async key => {
      if (await exists(fileOf(key))) return true;
      await confirm();
      return exists(fileOf(key));
    },
    putFile: (key, from, sent) =>
      guarded(async () => {
        await confirm();
        if (!(await exists(fileOf(key)))) await copyWhole(from, fileOf(key), sent);
      }),
    getFile: async (key, to) => {
      if (!(await exists(fileOf(key)))) {
        await confirm();
        if (!(await exists(fileOf(key)))) return false;
      }
      await copyWhole(fileOf(key), to).catch(async cause => {
        throw await roomError(cause, dirname(to));
      });
      return true;
    },
    removeFile: key => guarded(() => rm(fileOf(key), { force: true })),
    close: async () => undefined,
  };
};
