// What lies in the cache, or in another work folder, and removing it.
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import type { Options } from '../../config/options.ts';
import { type DerivedFile, derivedFiles, derivedFolder } from '../../models/runtime/derived-weights.ts';
import { dropFiles, type StoredFile, sweepStore, sweepTorn } from '../graph/store.ts';
import { fileDigest } from '../session/digest.ts';
import { dropLabel, type Shelf, shelfFolder, shelfName, shelvesIn } from '../session/shelves.ts';
import { type WorkPlace, workPlace } from '../session/work-dir.ts';

/** Files together: of a step, of a clip. */
export type Heap = {
  readonly files: number;
  readonly bytes: number;
  /** When one of them was last made or read, milliseconds since 1970. */
  readonly used: number;
};

/** What lies there for one clip, or for drawings from a prompt. */
export type CachedClip = Heap & {
  readonly name: string;
  /** Where the clip lay when it was last used. */
  readonly path?: string;
  /** Whether a run that goes on uses it. */
  readonly running: boolean;
  /** By the step that made them. */
  readonly steps: Readonly<Record<string, Heap>>;
};

export type CacheList = WorkPlace & {
  readonly bytes: number;
  readonly clips: readonly CachedClip[];
  /** Weights that were computed in advance; they lie in the user's cache alone, and have a limit of their own. */
  readonly weights: Heap;
};

const heapOf = (files: readonly Pick<StoredFile, 'bytes' | 'used'>[]): Heap => ({
  files: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  used: files.reduce((latest, { used }) => Math.max(latest, used), 0),
});

const cachedClip = (shelf: Shelf): CachedClip => ({
  name: shelfName(shelf),
  ...(shelf.clip && { path: shelf.clip.path }),
  ...heapOf(shelf.files),
  running: shelf.used,
  steps: Object.fromEntries(
    [...new Set(shelf.files.map(({ step }) => step))].sort().map(step => [step, heapOf(shelf.files.filter(file => file.step === step))]),
  ),
});

type CacheOptions = Pick<Options, 'workDir' | 'cacheLimit'>;

/** Says what lies in the user's cache, or in `workDir`: the latest used clip first. */
export const listCache = async (options: CacheOptions): Promise<CacheList> => {
  const place = workPlace(options);
  const clips = (await shelvesIn(place.root)).map(cachedClip).sort((a, b) => b.used - a.used);
  return { ...place, bytes: clips.reduce((sum, { bytes }) => sum + bytes, 0), clips, weights: heapOf(await weightsIn(options)) };
};

const weightsIn = async ({ workDir }: CacheOptions): Promise<DerivedFile[]> => (workDir === undefined ? derivedFiles(derivedFolder()) : []);

/** The shelves of a clip: of its content, and of what the file of this path or name held when it was last used. */
const shelvesOfClip = async (root: string, shelves: readonly Shelf[], clip: string): Promise<Shelf[]> => {
  const folder = (await exists(clip)) ? shelfFolder(root, await fileDigest(clip)) : undefined;
  const found = shelves.filter(
    shelf => shelf.folder === folder || shelf.clip?.path === resolve(clip) || (shelf.clip && basename(shelf.clip.path) === clip),
  );
  if (found.length > 0) return found;
  const names = shelves.filter(shelf => shelf.clip).map(shelfName);
  const there = names.length > 0 ? `What is there is of ${[...new Set(names)].join(', ')}.` : 'It holds nothing of any clip.';
  throw new UsageError(`${root} holds nothing of ${clip}. ${there}`);
};

/** Removes what a shelf leaves when its files are gone. */
const tidy = async (root: string, { folder }: Shelf): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await rmdir(join(folder, entry.name)).catch(() => undefined); // stays where something lies in it
  }
  const rest = await readdir(folder, { withFileTypes: true });
  if (folder === root || rest.some(entry => entry.isDirectory())) return;
  await dropLabel(folder);
  await rmdir(folder).catch(() => undefined);
};

/** What was removed, and the clips that were left alone as a run uses them. */
export type Cleaned = Pick<Heap, 'files' | 'bytes'> & { readonly root: string; readonly left: readonly string[] };

/** What is to be removed: default all. */
export type CleanRequest = {
  /** Seconds since the last use. */
  readonly older?: number | undefined;
  /** A clip's path, or its name in the list. */
  readonly clip?: string | undefined;
};

/**
 * Removes finished parts. What a run that goes on uses is left alone.
 * @throws UsageError for a clip that is not there, or that a run uses
 */
export const cleanCache = async (options: CacheOptions, { older, clip }: CleanRequest): Promise<Cleaned> => {
  const { root } = workPlace(options);
  const shelves = await shelvesIn(root);
  const chosen = clip === undefined ? shelves : await shelvesOfClip(root, shelves, clip);
  if (clip !== undefined && chosen.every(({ used }) => used)) {
    throw new UsageError(`A run that goes on uses ${clip}, so nothing of it is removed: wait for its end, or stop it, and clean then.`);
  }
  const before = older === undefined ? Number.POSITIVE_INFINITY : Date.now() - older * 1000;
  const removed: StoredFile[] = [];
  for (const shelf of chosen.filter(({ used }) => !used)) {
    const files = shelf.files.filter(({ used }) => used < before);
    await sweepTorn(shelf.folder);
    await sweepStore(shelf.folder);
    await dropFiles(files);
    await tidy(root, shelf);
    removed.push(...files);
  }
  const weights = clip === undefined ? (await weightsIn(options)).filter(({ used }) => used < before) : [];
  for (const { path } of weights) await rm(path, { force: true }); // a session that has one mapped keeps it
  const { files, bytes } = heapOf([...removed, ...weights]);
  return { root, files, bytes, left: chosen.filter(({ used }) => used).map(shelfName) };
};
