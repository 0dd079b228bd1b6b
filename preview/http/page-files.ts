// The page's own files, built beforehand: a table of names, so that no path leads anywhere else.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';

const FOLDER = join(packageRoot, 'dist', 'preview', 'page');

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

export type PageFile = { readonly type: string; readonly bytes: Buffer };

/** All files of the page, read once. @throws when the program was not built */
export const readPageFiles = async (): Promise<ReadonlyMap<string, PageFile>> =>
  new Map(
    await Promise.all(
      Object.entries(TYPES).map(async ([name, type]) => [name, { type, bytes: await readFile(join(FOLDER, name)) }] as const),
    ),
  );
