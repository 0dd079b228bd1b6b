// Where finished parts lie: a folder that the user named, the user's cache, or a temporary one that goes with the run.
import { rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { onExit } from '../config/exit-hooks.ts';
import type { Options } from '../config/options.ts';
import { userCache } from '../config/paths.ts';
import { reasonOf } from '../media/disk-error.ts';
import { isAbandoned, OWNER, OWNER_PATTERN } from '../media/owner.ts';
import { type Lease, takeLease } from './lease.ts';
import { type ArtifactStore, diskStore, pruneStore, sweepStore, sweepTorn } from './store.ts';

/** Bytes that the cache may hold when a run begins. */
const CACHE_LIMIT = 4e9;

export type WorkDir = { readonly store: ArtifactStore; readonly folder: string; close(): Promise<void> };

const TEMPORARY = new RegExp(`^rerender-(${OWNER_PATTERN})-\\w{6}$`);
const DAY = 86_400_000;

/** Removes the temporary folders that killed runs have left. */
const sweepTemporary = async (): Promise<void> => {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const owner = TEMPORARY.exec(name)?.[1];
    if (owner === undefined) continue;
    const about = await lstat(join(tmpdir(), name)).catch(() => undefined);
    if (about?.isDirectory() && isAbandoned(owner, about.mtimeMs, DAY)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
};

/** @throws UsageError where the system's folder for temporary files does not take one */
const openTemporary = async (): Promise<WorkDir> => {
  await sweepTemporary();
  const folder = await mkdtemp(join(tmpdir(), `rerender-${OWNER}-`)).catch(cause => {
    throw new UsageError(
      `No temporary folder can be made in ${tmpdir()} (${reasonOf(cause)}): set TMPDIR to a folder that can be written, or give --work-dir.`,
      { cause },
    );
  });
  const forget = onExit(() => rmSync(folder, { recursive: true, force: true }));
  const close = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    forget();
  };
  return { store: diskStore(folder), folder, close };
};

/** Opens a folder that other runs may use at the same time. */
const openShared = async (folder: string, limit: number): Promise<WorkDir> => {
  await mkdir(folder, { recursive: true });
  const lease: Lease = await takeLease(folder);
  await sweepTorn(folder);
  if (!(await lease.shared())) {
    await sweepStore(folder);
    if (limit < Number.POSITIVE_INFINITY) await pruneStore(folder, limit);
  }
  return {
    store: diskStore(folder, lease.shared),
    folder,
    close: async () => {
      if (!(await lease.shared())) await sweepStore(folder);
      await lease.release();
    },
  };
};

/**
 * Opens the store of a run. `--no-cache` gets a temporary folder, so that memory does not grow with the clip; so does a user whose cache
 * folder cannot be written, with a warning.
 * @throws UsageError for a named folder that cannot be used
 */
export const openWorkDir = async (
  { workDir, cache }: Pick<Options, 'workDir' | 'cache'>,
  warn: (message: string) => void,
): Promise<WorkDir> => {
  if (!cache) return openTemporary();
  if (workDir !== undefined) {
    return openShared(resolve(workDir), Number.POSITIVE_INFINITY).catch(cause => {
      throw new UsageError(`The work folder ${workDir} cannot be used (${reasonOf(cause)}): name another with --work-dir.`, { cause });
    });
  }
  const folder = userCache();
  return openShared(folder, CACHE_LIMIT).catch(cause => {
    warn(
      `the cache ${folder} cannot be used (${reasonOf(cause)}): finished parts go to a temporary folder and are gone afterwards; ` +
        'name a folder with --work-dir to keep them',
    );
    return openTemporary();
  });
};
