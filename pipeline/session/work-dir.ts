// Where finished parts lie: a folder that the user named, the user's cache, or a temporary one that goes with the run.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { userCache } from '../../config/paths.ts';
import { reasonOf } from '../../media/disk-error.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import { type Lease, takeLease } from '../graph/lease.ts';
import { type ArtifactStore, diskStore, pruneStore, sweepStore, sweepTorn } from '../graph/store.ts';

/** Bytes that the cache may hold when a run begins. */
const CACHE_LIMIT = 4e9;

export type WorkDir = { readonly store: ArtifactStore; readonly folder: string; close(): Promise<void> };

const openTemporary = async (): Promise<WorkDir> => {
  const { folder, close } = await openTemporaryFolder();
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
