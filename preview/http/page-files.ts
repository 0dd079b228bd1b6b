// The page's own files, built beforehand: a table of names, so that no path leads anywhere else.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';

const FOLDER = join(packageRoot, 'dist', 'preview', 'page');

/** Files of other kinds lie there for people, and are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export type PageFile = { readonly type: string; readonly bytes: Buffer };

/** All files of the page, read once. @throws when the program was not built */
export const readPageFiles = async (): Promise<ReadonlyMap<string, PageFile>> => {
  const names = (await readdir(FOLDER)).filter(name => extname(name) in TYPES);
  return new Map(
    await Promise.all(names.map(async name => [name, { type: TYPES[extname(name)]!, bytes: await readFile(join(FOLDER, name)) }] as const)),
  );
};
