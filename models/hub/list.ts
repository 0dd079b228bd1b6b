// The models that the hub's cache holds.
import { stat } from 'node:fs/promises';
import type { HubSettings } from './repository.ts';

export type CachedModel = { readonly id: string; readonly folder: string; readonly bytes: number; readonly revisions: readonly string[] };

/** Every model repository of the cache with its newest snapshot; nothing when there is no cache. */
export const cachedModels = async ({ cache }: HubSettings): Promise<CachedModel[]> => {
  const there = await stat(cache).catch(() => undefined);
  if (!there?.isDirectory()) return [];
  const { scanCacheDir } = await import('@huggingface/hub');
  const { repos } = await scanCacheDir(cache);
  return repos
    .filter(({ id, revisions }) => id.type === 'model' && revisions.length > 0)
    .map(({ id, size, revisions }) => {
      const newest = revisions.toSorted((a, b) => Number(b.lastModifiedAt) - Number(a.lastModifiedAt))[0]!;
      return { id: id.name, folder: newest.path, bytes: size, revisions: revisions.flatMap(r => r.refs) };
    })
    .toSorted((a, b) => a.id.localeCompare(b.id));
};
