// Reads one config file: this program's own options, or a config of Rerender A Video.
import { readFile } from 'node:fs/promises';
import { UsageError } from '../config/errors.ts';
import { importRerenderJson, isRerenderJson, type RerenderImport } from '../config/rerender-json.ts';
import { isObject } from '../config/trust.ts';

export type ConfigFile = {
  readonly path: string;
  /** Values by the names of options, as they were written. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Present where it is a config of Rerender A Video. */
  readonly imported?: RerenderImport;
};

/** The config in a text. @throws UsageError when it is no JSON object, and for a key that Rerender does not know */
export const parseConfig = (text: string, path: string): ConfigFile => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`The config file ${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (!isObject(json)) throw new UsageError(`The config file ${path} must hold one JSON object of options.`);
  const values = Object.fromEntries(Object.entries(json).filter(([key]) => key !== '$schema'));
  if (!isRerenderJson(values)) return { path, values };
  const imported = importRerenderJson(values, path);
  return { path, values: imported.values, imported };
};

/** The config that the user named. @throws UsageError when it cannot be read */
export const readNamedConfig = async (path: string): Promise<ConfigFile> => {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new UsageError(`The config file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  return parseConfig(text, path);
};
