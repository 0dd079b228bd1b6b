// The one door for everything that the program writes for its user: a file appears under its name when it is whole and on the disk.
// Until then it has a temporary name of its own in the same folder; what stands under the name is replaced only where that is allowed.

import { rmSync } from 'node:fs';
import { chmod, type FileHandle, link, lstat, open, readdir, readFile, readlink, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { onExit } from '../config/exit-hooks.ts';
import { reasonOf, writeError } from './disk-error.ts';
import { isAbandoned, OWNER, OWNER_PATTERN } from './owner.ts';

/** A file that is being written. */
export type WholeFile = {
  /** Where it is written meanwhile. */
  readonly path: string;
  /** Brings it to the disk and gives it its name. @throws UsageError when that name has appeared meanwhile and may not be replaced */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
};

const DAY = 86_400_000;
const PART = new RegExp(`^\\.rerender-(${OWNER_PATTERN})-\\d+\\.part(\\.\\w+)?$`);
let unique = 0;

/**
 * A name for a temporary file that no other process and no user takes; `extension` with its dot. It is short: every file system takes it.
 */
export const partName = (extension = ''): string => `.rerender-${OWNER}-${unique++}.part${extension}`;

/** Removes the temporary files in a folder whose processes have ended. */
export const sweepParts = async (folder: string): Promise<void> => {
  const names = (await readdir(folder).catch(() => [])).filter(name => PART.test(name));
  for (const name of names) {
    const about = await lstat(join(folder, name)).catch(() => undefined);
    if (about && isAbandoned(PART.exec(name)![1]!, about.mtimeMs, DAY)) await rm(join(folder, name), { recursive: true, force: true });
  }
};

/** Where a name leads when it is a link, also when nothing is there yet. */
export const destinationOf = async (path: string): Promise<string> => {
  let at = resolve(path);
  for (let links = 0; links < 40; links++) {
    const target = await readlink(at).catch(() => undefined);
    if (target === undefined) return at;
    at = resolve(dirname(at), target);
  }
  throw new UsageError(`The output ${path} is a link that leads in a circle: give another name.`);
};

/** Asks the system to bring a file's or a folder's content to the disk; not every file system can do it for folders. */
const sync = async (path: string, kind: 'file' | 'folder'): Promise<void> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, kind === 'file' ? 'r+' : 'r');
    await handle.sync();
  } catch (error) {
    if (kind === 'file') throw error;
  } finally {
    await handle?.close();
  }
};

/** Renames without replacing what is there. */
const renameAnew = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to);
    await unlink(from);
  } catch (cause) {
    const exists = await lstat(to).then(
      () => true,
      () => false,
    );
    if (exists) throw new UsageError(`The output ${to} has appeared meanwhile: give -y to replace it.`, { cause });
    await (await open(to, 'wx')).close(); // a file system without hard links: the name is taken first
    await rename(from, to);
  }
};

/**
 * Opens a file that appears under its name when it is whole. A link as the name keeps its meaning: the file it leads to is written.
 * Several processes may write to one name at once: the last to finish wins, whole.
 */
export const openWhole = async (target: string, { overwrite }: { readonly overwrite: boolean }): Promise<WholeFile> => {
  const place = await destinationOf(target);
  const folder = dirname(place);
  await sweepParts(folder);
  const path = join(folder, partName(extname(place).length < 12 ? extname(place) : ''));
  await open(path, 'wx')
    .then(file => file.close())
    .catch(async cause => {
      if (/^(ENOSPC|EDQUOT)$/.test(cause.code)) throw await writeError(cause, folder);
      throw new UsageError(`The folder ${folder} cannot be written to (${reasonOf(cause)}): make it, or name another one.`, { cause });
    });
  const forget = onExit(() => rmSync(path, { force: true }));
  const discard = async (): Promise<void> => {
    await rm(path, { force: true });
    forget();
  };
  return {
    path,
    discard,
    commit: async () => {
      try {
        await sync(path, 'file');
        const replaced = overwrite ? await stat(place).catch(() => undefined) : undefined;
        if (replaced?.isFile()) await chmod(path, replaced.mode).catch(() => undefined);
        if (overwrite) await rename(path, place);
        else await renameAnew(path, place);
        await sync(folder, 'folder');
        forget();
      } catch (cause) {
        await discard();
        throw await writeError(cause, folder);
      }
    },
  };
};

/**
 * Writes a file whole. One that holds these very bytes already is left as it is: the same command, given again, is not refused.
 * @throws UsageError when another stands there, unless `overwrite`
 */
export const writeWhole = async (target: string, bytes: Uint8Array | string, options: { readonly overwrite: boolean }): Promise<void> => {
  if (!options.overwrite) {
    const present = await readFile(target).catch(() => undefined);
    if (present?.equals(Buffer.from(bytes as Uint8Array))) return;
    if (present) throw new UsageError(`${target} exists: give -y to replace it, or name another place.`);
  }
  const file = await openWhole(target, options);
  try {
    const handle = await open(file.path, 'w');
    await handle.writeFile(bytes).finally(() => handle.close());
  } catch (cause) {
    await file.discard();
    throw await writeError(cause, dirname(resolve(target)), bytes.length);
  }
  await file.commit();
};
