// Where finished parts lie: a folder that the user named, the user's cache, or a temporary one that goes with the run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from '../config/options.ts';
import { userCache } from '../config/paths.ts';
import { type ArtifactStore, diskStore, pruneStore } from './store.ts';

/** Bytes that the cache may hold when a run begins. */
const CACHE_LIMIT = 4e9;

export type WorkDir = { readonly store: ArtifactStore; readonly folder: string; close(): Promise<void> };

/** Opens the store of a run. `--no-cache` gets a temporary folder, so that memory does not grow with the clip. */
export const openWorkDir = async ({ workDir, cache }: Pick<Options, 'workDir' | 'cache'>): Promise<WorkDir> => {
  if (!cache) {
    const folder = await mkdtemp(join(tmpdir(), 'rerender-'));
    return { store: diskStore(folder), folder, close: () => rm(folder, { recursive: true, force: true }) };
  }
  const folder = workDir ?? userCache();
  if (workDir === undefined) await pruneStore(folder, CACHE_LIMIT);
  return { store: diskStore(folder), folder, close: async () => undefined };
};
