// A repository's folder in the hub's cache holds blobs, refs and snapshots; what a user means by it is a snapshot.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { missingFromFolder } from '../open/model-parts.ts';
import { HubError } from './repository.ts';

const REPOSITORY = /^models--(.+)$/;
const WEIGHTS = /\.(safetensors|bin|ckpt|pt|pth)$/;

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    s => s.isDirectory(),
    () => false,
  );

/** The repository that a path means: `models--OWNER--NAME`, or `snapshots` in it; undefined for every other path. */
const repositoryAt = async (path: string): Promise<string | undefined> => {
  const full = resolve(path);
  const folder = basename(full) === 'snapshots' ? dirname(full) : full;
  return REPOSITORY.test(basename(folder)) && (await isFolder(join(folder, 'snapshots'))) ? folder : undefined;
};

/**
 * Whether all that a snapshot lists is there, and weights are among it: an interrupted download lacks files, a cleaned cache the blobs
 * behind its links.
 */
const isComplete = async (snapshot: string): Promise<boolean> => {
  const names = await readdir(snapshot, { recursive: true }).catch((): string[] => []);
  const there = await Promise.all(names.map(name => stat(join(snapshot, name)).catch(() => undefined)));
  if (there.includes(undefined) || !names.some(name => WEIGHTS.test(name))) return false;
  return !names.includes('model_index.json') || (await missingFromFolder(snapshot)).length === 0;
};

/** Snapshots of a repository: what `refs/main` names, then from the newest on. */
const snapshotsOf = async (repository: string): Promise<string[]> => {
  const main = await readFile(join(repository, 'refs', 'main'), 'utf8').catch(() => '');
  const folder = join(repository, 'snapshots');
  const dated = (await namesIn(folder)).map(async name => {
    const info = await stat(join(folder, name)).catch(() => undefined);
    return info?.isDirectory() ? [{ name, time: name === main.trim() ? Number.POSITIVE_INFINITY : info.mtimeMs }] : [];
  });
  const sorted = (await Promise.all(dated)).flat().toSorted((a, b) => b.time - a.time || a.name.localeCompare(b.name));
  return sorted.map(({ name }) => join(folder, name));
};

/**
 * What a path of the hub's cache stands for: of `models--OWNER--NAME`, or `snapshots` in it, the snapshot of `refs/main`, else the newest
 * that is complete; where none is, the first, whose opening tells what it lacks. Every other path stays as it is.
 * @throws HubError for a repository without any snapshot
 */
export const snapshotAt = async (path: string): Promise<string> => {
  const repository = await repositoryAt(path);
  if (repository === undefined) return path;
  const snapshots = await snapshotsOf(repository);
  for (const snapshot of snapshots) if (await isComplete(snapshot)) return snapshot;
  if (snapshots[0] !== undefined) return snapshots[0];
  const id = REPOSITORY.exec(basename(repository))?.[1]?.replace('--', '/');
  throw new HubError(`${path} is a folder of the hub's cache without a snapshot: \`rerender models get ${id}\` brings the model here`);
};
