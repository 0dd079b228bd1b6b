// Where finished parts lie: a folder that the user named, the user's cache, or a temporary one that goes with the run.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { userCache } from '../../config/paths.ts';
import { reasonOf } from '../../media/disk-error.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import { isLeased, type Lease, takeLease } from '../graph/lease.ts';
import { type ArtifactStore, diskStore, sweepStore, sweepTorn } from '../graph/store.ts';
import { labelShelf, pruneShelves, type ShelvedClip, shelfFolder } from './shelves.ts';

export type WorkDir = {
  readonly store: ArtifactStore;
  /** For what this process alone reads again: attention states. Default `store`. */
  readonly near?: ArtifactStore;
  /** Whether what lies there outlives the run. */
  readonly lasting: boolean;
  close(): Promise<void>;
};

/** Where finished parts of all clips lie, and in how many bytes. */
export type WorkPlace = {
  readonly root: string;
  readonly limit: number;
  /** What the limit holds for: in a folder that the user named, the frames of results alone. */
  readonly scope: 'all' | 'frames';
};

const GIGABYTE = 1e9;

export const workPlace = ({ workDir, cacheLimit }: Pick<Options, 'workDir' | 'cacheLimit'>): WorkPlace => ({
  root: workDir === undefined ? userCache() : resolve(workDir),
  limit: cacheLimit * GIGABYTE,
  scope: workDir === undefined ? 'all' : 'frames',
});

const openTemporary = async (): Promise<WorkDir> => {
  const { folder, close } = await openTemporaryFolder();
  return { store: diskStore(folder), lasting: false, close };
};

/** Opens the shelf of a clip in a folder that other runs may use at the same time. */
const openShared = async ({ root, limit, scope }: WorkPlace, clip: ShelvedClip | undefined): Promise<WorkDir> => {
  const folder = shelfFolder(root, clip?.digest);
  await mkdir(folder, { recursive: true });
  await pruneShelves(root, limit, scope);
  const lease: Lease = await takeLease(folder);
  if (clip) await labelShelf(folder, clip);
  await sweepTorn(folder);
  if (!(await lease.shared())) await sweepStore(folder);
  return {
    store: diskStore(folder, lease.shared),
    lasting: true,
    close: async () => {
      await lease.release(); // before looking: of runs that end at once, the last to release finds nobody
      if (!(await isLeased(folder))) await sweepStore(folder);
      await pruneShelves(root, limit, scope);
    },
  };
};

/**
 * Opens the store of a run. `--no-cache` gets a temporary folder, so that memory does not grow with the clip; so does a user whose cache
 * folder cannot be written, with a warning.
 * @param clip absent for drawings from a prompt
 * @throws UsageError for a named folder that cannot be used
 */
export const openWorkDir = async (
  options: Pick<Options, 'workDir' | 'cache' | 'cacheLimit'>,
  clip: ShelvedClip | undefined,
  warn: (message: string) => void,
): Promise<WorkDir> => {
  if (!options.cache) return openTemporary();
  const place = workPlace(options);
  return openShared(place, clip).catch(cause => {
    if (options.workDir !== undefined) {
      throw new UsageError(`The work folder ${options.workDir} cannot be used (${reasonOf(cause)}): name another with --work-dir.`, {
        cause,
      });
    }
    warn(
      `the cache ${place.root} cannot be used (${reasonOf(cause)}): finished parts go to a temporary folder and are gone afterwards; ` +
        'name a folder with --work-dir to keep them',
    );
    return openTemporary();
  });
};
