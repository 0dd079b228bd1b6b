// What a worker has fetched from the store stays in a folder of the user's cache: it is used again, and the longest unused goes first when
// the folder holds more than it may. Several workers of one machine share it.
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesText, diskFull, freeBytes, writeError } from '../../media/disk-error.ts';
import { isAbandoned, OWNER } from '../../media/owner.ts';
import { partName, sweepParts } from '../../media/whole-file.ts';
import { isLeased, type Lease, takeLease } from '../../pipeline/graph/lease.ts';

export type FetchedOptions = {
  readonly folder: string;
  /** Bytes that may stay there. */
  readonly limit: number;
};

/** A folder that stays as it is until it is closed. */
export type FetchedEntry = { readonly folder: string; close(): Promise<void> };

/** Inside an entry: what was fetched, whole; and who is fetching it. */
const FILES = 'files';
const FETCHING = 'fetching';
/** A process of another machine that has not touched its mark for so long has given up; milliseconds. */
const SILENCE = 600_000;
const LOOK = 500;

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const touch = (path: string): Promise<void> => utimes(path, new Date(), new Date()).catch(() => undefined);

const bytesIn = async (folder: string): Promise<number> => {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(folder, name)).then(
        info => (info.isFile() ? info.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Makes room for what comes: the longest unused goes, but nothing that a living worker has in use. */
const makeRoom = async ({ folder, limit }: FetchedOptions, coming: number): Promise<void> => {
  const entries = await Promise.all(
    (await readdir(folder)).map(async name => {
      const path = join(folder, name);
      const used = await stat(join(path, FILES)).catch(() => undefined);
      return used ? [{ path, used: used.mtimeMs, bytes: await bytesIn(path) }] : [];
    }),
  );
  let total = coming;
  for (const { path, bytes } of entries.flat().sort((a, b) => b.used - a.used)) {
    total += bytes;
    if (total <= limit || (await isLeased(path))) continue;
    await rm(path, { recursive: true, force: true });
    total -= bytes;
  }
};

/** Whether the process that has set a mark still works; a mark of a dead one is removed. */
const isFetching = async (mark: string): Promise<boolean> => {
  const [owner, info] = await Promise.all([readFile(mark, 'utf8').catch(() => ''), stat(mark).catch(() => undefined)]);
  if (!info) return false;
  if (owner !== '' && !isAbandoned(owner, info.mtimeMs, SILENCE)) return true;
  if (owner === '' && Date.now() - info.mtimeMs < LOOK) return true; // it is being written
  await rm(mark, { force: true });
  return false;
};

/** Fetches into a folder of another name, which gets its own when it is whole. */
const fetchWhole = async (options: FetchedOptions, entry: string, bytes: number, fetch: (folder: string) => Promise<void>) => {
  await makeRoom(options, bytes);
  const free = await freeBytes(options.folder);
  if (free !== undefined && free < bytes) throw await diskFull(options.folder, bytes, {});
  const partial = join(entry, partName());
  try {
    await mkdir(partial);
    await fetch(partial);
    await rename(partial, join(entry, FILES));
  } catch (cause) {
    throw await writeError(cause, options.folder, bytes);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
};

/** One process of a machine fetches; the others wait for it. */
const fetchOnce = async (
  options: FetchedOptions,
  entry: string,
  bytes: number,
  fetch: (folder: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const mark = join(entry, FETCHING);
  while (!(await isThere(join(entry, FILES)))) {
    signal.throwIfAborted();
    const mine = await open(mark, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (!mine) {
      if (await isFetching(mark)) await new Promise(wake => setTimeout(wake, LOOK));
      continue;
    }
    const heart = setInterval(() => void touch(mark), SILENCE / 10);
    try {
      await mine.writeFile(OWNER).finally(() => mine.close());
      await sweepParts(entry);
      if (!(await isThere(join(entry, FILES)))) await fetchWhole(options, entry, bytes, fetch);
    } finally {
      clearInterval(heart);
      await rm(mark, { force: true });
    }
  }
};

export type Wanted = {
  readonly key: string;
  readonly bytes: number;
  /** Brings it into a folder that is empty. */
  fetch(folder: string): Promise<void>;
};

/**
 * The folder under a key, which is fetched if it is not there. It stays until it is closed, whatever others fetch.
 * @throws RerenderError where the disk has no room for it
 */
export const openFetched = async (options: FetchedOptions, { key, bytes, fetch }: Wanted, signal: AbortSignal): Promise<FetchedEntry> => {
  const entry = join(options.folder, key);
  const lease: Lease = await takeLease(entry).catch(async cause => {
    throw await writeError(cause, options.folder, bytes);
  });
  try {
    await fetchOnce(options, entry, bytes, fetch, signal);
    await touch(join(entry, FILES));
    return { folder: join(entry, FILES), close: lease.release };
  } catch (error) {
    await lease.release();
    throw error;
  }
};

export const fetchedText = (bytes: number, files: number): string => `${bytesText(bytes)} in ${files} ${files === 1 ? 'file' : 'files'}`;
