// Patterns of file names: `*` `?` `[a-z]` `{a,b}`, and `**` for folders at any depth. Shells of Windows hand them on as they are.
import { type Dirent, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, parse } from 'node:path';

const MAGIC = /[*?[{]/;

/** Names that differ in case alone are one file on most disks of these systems. */
const IGNORES_CASE = process.platform === 'win32' || process.platform === 'darwin';

/** Whether a text has a character that stands for others. */
export const isPattern = (text: string): boolean => MAGIC.test(text);

/** `a{b,c}` as `ab` and `ac`; a brace without its partner or a comma stands for itself. */
const braced = (pattern: string): string[] => {
  const [whole, before, inner, after] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern) ?? [];
  return whole === undefined ? [pattern] : inner!.split(',').flatMap(each => braced(`${before}${each}${after}`));
};

const escaped = (text: string): string => text.replace(/[\\^$.|+()[\]{}?*]/g, '\\$&');

/** The names that one part of a pattern, between two slashes, stands for. A leading dot has to be named. */
const matcherOf = (part: string): ((name: string) => boolean) => {
  const source = part.replace(/\*+|\?|\[(!?)([^\]]+)\]|[^*?[]+|\[/g, (piece, not: string | undefined, set: string | undefined) => {
    if (piece[0] === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    return set === undefined ? escaped(piece) : `[${not ? '^' : ''}${set.replace(/[\\^[]/g, '\\$&')}]`;
  });
  const rule = new RegExp(`^${source}$`, IGNORES_CASE ? 'isu' : 'su');
  return name => (part.startsWith('.') || !name.startsWith('.')) && rule.test(name);
};

const entriesOf = (folder: string): Dirent[] => {
  try {
    return readdirSync(folder || '.', { withFileTypes: true });
  } catch {
    return []; // not there, no folder, or not readable
  }
};

/** The folders in a folder, and in those; links are not followed. */
const below = (folder: string): string[] => [
  folder,
  ...entriesOf(folder)
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => below(join(folder, name))),
];

const step = (folders: readonly string[], part: string): string[] => {
  if (part === '**') return folders.flatMap(below);
  if (!isPattern(part)) return folders.map(folder => join(folder, part));
  const matches = matcherOf(part);
  return folders.flatMap(folder =>
    entriesOf(folder)
      .filter(({ name }) => matches(name))
      .map(({ name }) => join(folder, name)),
  );
};

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    info => info.isFile(),
    () => false,
  );

/** The files that a pattern stands for, each once, in no order. Folders are left out. */
export const filesMatching = async (pattern: string): Promise<string[]> => {
  const found = braced(process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern).flatMap(each => {
    const { root } = parse(each);
    return each
      .slice(root.length)
      .split('/')
      .filter(part => part !== '')
      .reduce(step, [root]);
  });
  const files = await Promise.all([...new Set(found)].map(async path => ((await isFile(path)) ? [path] : [])));
  return files.flat();
};
