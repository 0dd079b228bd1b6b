// Finds the file of an adapter: the path itself, or in a folder the name that training scripts give it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';

/** An adapter is not where it was said to be. */
export class AdapterMissingError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('ADAPTER_MISSING', 'missing', message, options);
  }
}

const ENDINGS = /\.(safetensors|bin|pt|pth|ckpt)$/i;

/**
 * The file at `path`, or in the folder `path` the first of `names` that is there, else the only file that could be one.
 * @param what how the adapter is called in messages @throws AdapterMissingError
 */
export const findAdapterFile = async (path: string, names: readonly string[], what: string): Promise<string> => {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new AdapterMissingError(`there is no ${what} ${path}: give a file, or a folder with ${names.join(' or ')}`);
  if (!info.isDirectory()) return path;
  const files = await readdir(path);
  const usual = names.find(name => files.includes(name));
  if (usual !== undefined) return join(path, usual);
  const possible = files.filter(name => ENDINGS.test(name));
  if (possible.length === 1) return join(path, possible[0] as string);
  const found = possible.length === 0 ? 'no such file' : `${possible.length} that could be one: ${possible.slice(0, 4).join(', ')}`;
  throw new AdapterMissingError(`the folder ${path} has neither ${names.join(' nor ')}, and ${found}; give the ${what}'s file`);
};
