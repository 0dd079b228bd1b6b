// How far a rerender.config.json in the current folder is trusted: it may have come with a download, as a repository's hooks may.
import { lstatSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { OPTION_NAMES } from '../config/layers.ts';
import type { OptionName } from '../config/options.ts';
import { FOLDER_OPTIONS, staysInside } from '../config/trust.ts';

/** The key of the user's own config that lists folders: each itself, or with a last `/*` all below it; `*` alone is every folder. */
export const TRUST_KEY = 'trustedFolders';

const realOf = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** Whether `path` is `folder` or lies below it; by the platform's own rule of equal names. */
const isWithin = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

/**
 * Whether the user's config trusts a folder.
 * @param list the value of {@link TRUST_KEY}
 * @param where the user's config, for messages
 * @throws UsageError when the list is no list of absolute paths
 */
export const isTrusted = (folder: string, list: unknown, where: string): boolean => {
  if (list === undefined) return false;
  const form = 'a list of absolute folders, each with /* at its end for all below it, or "*" for every folder';
  const rule = `${where}: ${TRUST_KEY} must be ${form}`;
  if (!Array.isArray(list)) throw new UsageError(`${rule}.`);
  return list
    .map(entry => {
      if (entry === '*') return true;
      const [, named = '', below] = typeof entry === 'string' ? (/^(.*?)([\\/]\*)?$/s.exec(entry) ?? []) : [];
      const path = /^~(?=$|[\\/])/.test(named) ? join(homedir(), named.slice(1)) : below && named === '' ? sep : named;
      if (!isAbsolute(path)) throw new UsageError(`${rule}; got ${JSON.stringify(entry)}.`);
      const [here, trusted] = [realOf(folder), realOf(path)];
      return below ? here !== trusted && isWithin(here, trusted) : relative(here, trusted) === '';
    })
    .some(Boolean);
};

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** Whether what is written under a path lands below the folder: no absolute path, no `..`, no link that leads out. */
const landsInside = (folder: string, path: string): boolean => {
  if (isAbsolute(path) || path.split(/[\\/]/).includes('..') || !isWithin(resolve(folder, path), folder)) return false;
  const home = realOf(folder);
  for (let at = resolve(folder, path); isWithin(at, folder); at = dirname(at)) {
    const real = realOf(at);
    if (real === at && isLink(at)) return false; // a link to nothing yet
    if (!isWithin(real, home) && real !== at) return false;
    if (at === resolve(folder)) break;
  }
  return true;
};

/**
 * Checks what a config in the current folder sets that nobody has vouched for.
 * @param keyOf how the file spells an option
 * @param userFile the config in which the user would trust the folder
 * @throws UsageError naming the file, the key and what to do
 */
export const checkFolderOptions = (
  values: Readonly<Record<string, unknown>>,
  { file, folder, userFile, keyOf = name => name }: { file: string; folder: string; userFile: string; keyOf?: (name: string) => string },
): void => {
  const trust = `name the file with --config ${file}, or put ${JSON.stringify(folder)} into ${TRUST_KEY} in ${userFile}`;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || !(OPTION_NAMES as readonly string[]).includes(name)) continue; // settling tells of unknown names
    const option = name as OptionName;
    if (!FOLDER_OPTIONS.includes(option)) {
      throw new UsageError(`${file} in this folder sets ${keyOf(name)}, which a file that you have not trusted may not: ${trust}.`);
    }
    if (staysInside(option) && typeof value === 'string' && !landsInside(folder, value)) {
      throw new UsageError(`${file} in this folder sets ${keyOf(name)} to ${value}, outside the folder, which it may not: ${trust}.`);
    }
  }
};
