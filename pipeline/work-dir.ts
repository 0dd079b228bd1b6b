// Where finished parts lie: a folder that the user named, the user's cache, or a temporary one that goes with the run.
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from '../config/options.ts';
import { type ArtifactStore, diskStore, pruneStore } from './store.ts';

/** Bytes that the cache may hold when a run begins. */
const CACHE_LIMIT = 4e9;

/** The user's cache folder, by the habits of the platform. */
export const defaultWorkDir = (env: Readonly<Record<string, string | undefined>> = process.env): string => {
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'rerender', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'rerender');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rerender');
};

export type WorkDir = { readonly store: ArtifactStore; readonly folder: string; close(): Promise<void> };

/** Opens the store of a run. `--no-cache` gets a temporary folder, so that memory does not grow with the clip. */
export const openWorkDir = async ({ workDir, cache }: Pick<Options, 'workDir' | 'cache'>): Promise<WorkDir> => {
  if (!cache) {
    const folder = await mkdtemp(join(tmpdir(), 'rerender-'));
    return { store: diskStore(folder), folder, close: () => rm(folder, { recursive: true, force: true }) };
  }
  const folder = workDir ?? defaultWorkDir();
  if (workDir === undefined) await pruneStore(folder, CACHE_LIMIT);
  return { store: diskStore(folder), folder, close: async () => undefined };
};
