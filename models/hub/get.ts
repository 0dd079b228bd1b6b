// Brings a repository of the model hub into the cache, with only the files that are needed.
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { exists } from '../../config/exists.ts';
import { type ChoiceOptions, chooseFiles } from './choose.ts';
import { downloadTo, type RemoteFile } from './download.ts';
import { cachedSnapshot, HubError, type HubSettings, repositoryFolder } from './repository.ts';

export type GetOptions = ChoiceOptions & {
  /** Branch, tag or commit; default `main`. */
  readonly revision?: string | undefined;
  readonly signal: AbortSignal;
  /** Bytes that are here, of all that are needed; what an earlier run brought counts. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

export type Got = {
  /** The folder that holds the files, laid out as in the repository. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly bytes: number;
};

/** What went wrong between us and the hub, in a sentence that helps. */
const explain = (error: unknown, id: string, revision: string): HubError => {
  const status = (error as { statusCode?: number }).statusCode;
  const cause = (error as { cause?: { code?: string } }).cause?.code;
  if (status === 404) return new HubError(`the hub has no model ${id} at ${revision}: check the spelling`, { cause: error });
  if (status === 401 || status === 403)
    return new HubError(`the hub does not give ${id} to everyone: accept its terms there and set HF_TOKEN to your access token`, {
      cause: error,
    });
  if (status !== undefined) return new HubError(`the hub answered ${status} for ${id}: try again later`, { cause: error });
  const reason = cause ?? (error instanceof Error ? error.message : String(error));
  const remedy = `with a network run \`rerender models get ${id}\`, or give the path of a model that is already here`;
  return new HubError(`the model hub cannot be reached (${reason}): ${remedy}`, { cause: error });
};

/** Whether a listed path stays inside the folder that it is joined to. */
const isInside = (path: string): boolean => path.split(/[\\/]/).every(step => step !== '' && step !== '..');

/** Links a blob into a snapshot, or copies it where links are not allowed (Windows without developer mode). */
const place = async (blob: string, at: string): Promise<void> => {
  await mkdir(dirname(at), { recursive: true });
  await rm(at, { force: true });
  await symlink(relative(dirname(at), blob), at).catch(() => copyFile(blob, at));
};

/**
 * Downloads what is needed of a repository. Files that the cache has are not asked for again.
 * The revision's name points to the snapshot only when every file is there.
 * @throws HubError (exit code 3): offline, unreachable, no such repository, no access, nothing to choose, or damaged
 */
export const getRepository = async (id: string, settings: HubSettings, options: GetOptions): Promise<Got> => {
  const { revision = 'main', signal, onProgress = () => undefined } = options;
  if (settings.offline) {
    const folder = await cachedSnapshot(settings, id, revision);
    if (folder) return { folder, files: [], bytes: 0 };
    throw new HubError(`${id} is not in the cache ${settings.cache}, and HF_HUB_OFFLINE forbids asking the hub`);
  }
  const hub = await import('@huggingface/hub'); // 1 MB of code that few runs need
  const guarded: typeof fetch = (input, init) => fetch(input, { ...init, signal });
  const common = {
    fetch: guarded,
    ...(settings.endpoint && { hubUrl: settings.endpoint }),
    ...(settings.token && { accessToken: settings.token }),
  };
  const asking = async <T>(question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, id, revision);
    }
  };
  const { sha: commit } = await asking(hub.modelInfo({ name: id, revision, additionalFields: ['sha'], ...common }));
  const list = async (): Promise<RemoteFile[]> => {
    const files: RemoteFile[] = [];
    for await (const { type, path, size, oid, lfs } of hub.listFiles({ repo: id, recursive: true, revision: commit, ...common }))
      if (type === 'file' && isInside(path)) files.push({ path, size: lfs?.size ?? size, oid: lfs?.oid ?? oid ?? '' });
    return files;
  };
  const all = new Map((await asking(list())).map(file => [file.path, file]));
  const chosen = chooseFiles([...all.keys()], options).map(path => all.get(path)!);

  const folder = repositoryFolder(settings, id);
  const snapshot = join(folder, 'snapshots', commit);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const onBytes = (count: number): void => onProgress((done += count), total);
  const open = async ({ path }: RemoteFile, start: number): Promise<ReadableStream<Uint8Array>> => {
    // plain ranges rather than the chunk protocol: one way for all files, and it can be taken up anywhere
    const blob = await asking(hub.downloadFile({ repo: id, path, revision: commit, xet: false, ...common }));
    if (!blob) throw new HubError(`the hub lists ${path} of ${id} but does not have it`);
    return blob.slice(start, blob.size).stream();
  };
  for (const file of chosen) {
    const blob = join(folder, 'blobs', file.oid);
    if (await exists(blob)) onBytes(file.size);
    else await downloadTo(blob, file, open, { signal, onBytes });
  }
  for (const { path, oid } of chosen) await place(join(folder, 'blobs', oid), join(snapshot, path));
  const ref = join(folder, 'refs', revision);
  await mkdir(dirname(ref), { recursive: true });
  await writeFile(ref, commit);
  return { folder: snapshot, files: chosen.map(({ path }) => path), bytes: total };
};
