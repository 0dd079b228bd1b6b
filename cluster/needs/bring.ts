// Models and pictures of a job on a worker: where it has them itself, by content; else fetched from the store.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { hubSettings } from '../../models/hub/repository.ts';
import { fileDigest } from '../../pipeline/session/digest.ts';
import { type SharedStore, StoreError } from '../store/store.ts';
import { type FetchedEntry, type FetchedOptions, fetchedText, openFetched } from './fetched.ts';
import { bytesOf, fileKey, isModel, type Need, type NeededFile, needKey, placeOf } from './needs.ts';
import { mapPaths } from './paths.ts';

export type Bringing = {
  readonly store: SharedStore;
  readonly fetched: FetchedOptions;
  readonly tell: (message: string) => void;
  readonly signal: AbortSignal;
};

const isSame = async (path: string, { digest, bytes }: NeededFile): Promise<boolean> => {
  const info = await stat(path).catch(() => undefined);
  return info?.size === bytes && (await fileDigest(path)) === digest;
};

/** The place of a need on this machine; undefined where it is not here, or has another content. */
const foundHere = async (need: Need, folders: readonly string[]): Promise<string | undefined> => {
  const place = await placeOf(need, folders).catch(() => undefined);
  if (place === undefined) return undefined;
  for (const file of need.files) if (!(await isSame(join(place, file.name), file))) return undefined;
  return place;
};

const absent = async (need: Need, { name, digest }: NeededFile, folders: readonly string[], store: SharedStore): Promise<RerenderError> => {
  const places = [need.path, ...(isModel(need) ? [(await hubSettings()).cache, ...folders] : [])];
  const file = name === '' ? need.name : `${need.name}/${name}`;
  const what = isModel(need) ? 'bring it here, or submit the job again without --no-upload-models' : 'submit the job again';
  return new RerenderError(
    'FILE_MISSING',
    'missing',
    `a job needs ${file} (--${need.option}), and this content is not here: looked at ${places.join(', ')}, ` +
      `and for ${fileKey({ digest })} in ${store.name}: ${what}.`,
  );
};

/** @throws StoreError where what comes is not what was sent */
const fetchFile = async (file: NeededFile, to: string, store: SharedStore): Promise<boolean> => {
  if (!(await store.getFile(fileKey(file), to))) return false;
  if (await isSame(to, file)) return true;
  await store.removeFile(fileKey(file));
  throw new StoreError(store.name, `its ${fileKey(file)} is damaged and was removed: submit the job again.`);
};

/** A name of a ticket's as a path below a folder. */
const below = (folder: string, name: string, store: SharedStore): string => {
  const path = join(folder, name);
  if (path === folder || path.startsWith(folder + sep)) return path;
  throw new StoreError(store.name, `a job in it names the file ${name}, which lies outside of what it names.`);
};

const fetchNeed = async (need: Need, folders: readonly string[], { store, fetched, tell, signal }: Bringing): Promise<FetchedEntry> => {
  const bytes = bytesOf(need.files);
  const label = isAbsolute(need.path) ? need.name : need.path; // an id of the hub says more than the name of its snapshot
  const fetch = async (folder: string): Promise<void> => {
    const begin = performance.now();
    tell(`fetching ${label} from ${store.name}: ${fetchedText(bytes, need.files.length)}`);
    for (const file of need.files) {
      signal.throwIfAborted();
      const to = below(below(folder, need.name, store), file.name, store);
      await mkdir(dirname(to), { recursive: true });
      if (!(await fetchFile(file, to, store))) throw await absent(need, file, folders, store);
    }
    tell(`${label} is here: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  };
  const entry = await openFetched(fetched, { key: needKey(need), bytes, fetch }, signal);
  return { ...entry, folder: join(entry.folder, need.name) };
};

/**
 * The options of a job with the paths that its models and pictures have on this machine.
 * @param options of the job, `modelFolders` those of this machine among them
 * @throws RerenderError (exit code 3) that says which file is missing, and where it was looked for
 */
export const bringNeeds = async <O extends Options>(
  options: O,
  needs: readonly Need[],
  bringing: Bringing,
): Promise<{ readonly options: O; close(): Promise<void> }> => {
  const entries: FetchedEntry[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(entries.map(entry => entry.close()));
  };
  const folders = options.modelFolders;
  const bring = async (need: Need): Promise<string> => {
    const here = await foundHere(need, folders);
    if (here !== undefined) return here;
    const entry = await fetchNeed(need, folders, bringing);
    entries.push(entry);
    return entry.folder;
  };
  const places = new Map<string, Promise<string>>();
  try {
    const brought = await mapPaths(options, ({ kind, path }) => {
      const need = needs.find(one => one.kind === kind && one.path === path);
      if (!need) return Promise.resolve(path);
      const place = places.get(`${kind} ${path}`) ?? bring(need);
      places.set(`${kind} ${path}`, place);
      return place;
    });
    return { options: brought, close };
  } catch (error) {
    await Promise.allSettled(places.values());
    await close();
    throw error;
  }
};
