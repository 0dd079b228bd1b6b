// Where the package's own files lie, in a checkout (sources run by a test runner) and when installed (dist/).
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, parse, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const findRoot = (from: string): string => {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${from}`);
  }
};

/** The package's root folder: the checkout, or `node_modules/rerender`. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The version of this package. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** The folder of the model that ships with the package and re-draws pictures in styles. */
export const embeddedModel: string = join(packageRoot, 'models', 'rerender-mini');

/** The folder of the model that ships with the package and draws small pictures from words. */
export const wordsModel: string = join(packageRoot, 'models', 'rerender-words');

/** The models of the package by the names that `--model` takes. */
export const EMBEDDED_MODELS: ReadonlyMap<string, string> = new Map([embeddedModel, wordsModel].map(folder => [basename(folder), folder]));

const NO_HOME = join(parse(fileURLToPath(import.meta.url)).root, 'nonexistent');

/** The user's home; a folder that nobody has where the user has none, as in containers. */
export const userHome = (): string => {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : NO_HOME;
  } catch {
    return NO_HOME; // a user id without an entry
  }
};

/** The user's cache folder, by the habits of the platform. */
export const userCache = (env: Readonly<Record<string, string | undefined>> = process.env): string => {
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'rerender', 'cache');
  if (process.platform === 'darwin') return join(userHome(), 'Library', 'Caches', 'rerender');
  return join(env.XDG_CACHE_HOME || join(userHome(), '.cache'), 'rerender');
};

/**
 * The URL of a worker thread's compiled entry file, given the URL of the module beside it.
 * Node 20 cannot load TypeScript in a worker, so a module that runs from source (tests) starts the built worker.
 */
export const workerEntry = (moduleUrl: string, name: string): URL => {
  const folder = dirname(fileURLToPath(moduleUrl));
  if (!moduleUrl.endsWith('.ts')) return pathToFileURL(join(folder, `${name}.js`));
  return pathToFileURL(join(packageRoot, 'dist', relative(packageRoot, folder), `${name}.js`));
};
