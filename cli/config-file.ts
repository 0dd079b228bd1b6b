// Reads one config file: this program's own options, or a config of Rerender A Video.
import { readFile } from 'node:fs/promises';
import { UsageError } from '../config/errors.ts';
import { isObject, parseJson } from '../config/json.ts';
import { importRerenderJson, isRerenderJson, type RerenderImport } from '../config/rerender-json.ts';

export type ConfigFile = {
  readonly path: string;
  /** Values by the names of options, as they were written. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Present where it is a config of Rerender A Video. */
  readonly imported?: RerenderImport;
};

/** The config in a file's bytes. @throws UsageError when it is no JSON object, and for a key that Rerender does not know */
export const parseConfig = (bytes: Uint8Array, path: string): ConfigFile => {
  const json = parseJson(bytes, reason => new UsageError(`The config file ${path} ${reason}.`));
  if (!isObject(json)) throw new UsageError(`The config file ${path} must hold one JSON object of options.`);
  const values = Object.fromEntries(Object.entries(json).filter(([key]) => key !== '$schema'));
  if (!isRerenderJson(values)) return { path, values };
  const imported = importRerenderJson(values, path);
  return { path, values: imported.values, imported };
};

/** The config that the user named. @throws UsageError when it cannot be read */
export const readNamedConfig = async (path: string): Promise<ConfigFile> => {
  const bytes = await readFile(path).catch(cause => {
    throw new UsageError(`The config file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  return parseConfig(bytes, path);
};
