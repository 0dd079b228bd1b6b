// Reads a network's config.json: an absent key takes the default of the diffusers class, an unknown value is refused by name.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { standIn } from '../../config/stand-in.ts';

/** A config.json as it stands. `file` is for messages. */
export type RawConfig = { readonly file: string; readonly values: Readonly<Record<string, unknown>> };

/** A model folder's configuration is absent, damaged, or describes a network that is not supported. */
export class ModelConfigError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('MODEL_CONFIG', 'failure', message, options);
  }
}

/** Python writes -Infinity into JSON, as for DPM-Solver's `lambda_min_clipped`; a number beyond all others says the same in JSON's own words. */
const withInfinities = (text: string): string => text.replace(/(:\s*)(-?)Infinity(?=\s*[,}])/g, '$1$21e999');

/** Reads a JSON object from a model folder, `config.json` unless another name is given. */
export const readConfig = async (folder: string, name = 'config.json'): Promise<RawConfig> => {
  const file = join(folder, name);
  let values: unknown;
  let text = '';
  try {
    text = await readFile(file, 'utf8');
    values = JSON.parse(withInfinities(text));
  } catch (error) {
    const other = standIn(text);
    if (other !== undefined) throw new ModelConfigError(`${file}: ${other}`, { cause: error });
    const what = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new ModelConfigError(`${file}: ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new ModelConfigError(`${file}: is not a JSON object`);
  return { file, values: values as Record<string, unknown> };
};

/** Typed access to the keys of one config. */
export type Fields = {
  /** A whole number of at least 1; refused when it is absent and no default is given. */
  count(key: string, absent?: number): number;
  /** A number of at least 0. */
  number(key: string, absent: number): number;
  flag(key: string, absent: boolean): boolean;
  /** A whole number of at least 1, or nothing where the key is absent or null. */
  optionalCount(key: string): number | undefined;
  counts(key: string, absent: readonly number[]): readonly number[];
  /** A list of whole numbers that may be 0. */
  sizes(key: string, absent: readonly number[]): readonly number[];
  /** One whole number for all blocks, or a list with one for each. */
  perBlock(key: string, blocks: number, absent: number): readonly number[];
  /** One of the values that the network knows. */
  choice<T extends string | number | boolean | null>(key: string, known: readonly T[], absent: T): T;
  choices<T extends string>(key: string, known: readonly T[], absent: readonly T[]): readonly T[];
  /** Refuses a key by name. */
  error(key: string, reason: string): ModelConfigError;
};

export const fieldsOf = ({ file, values }: RawConfig): Fields => {
  const error = (key: string, reason: string): ModelConfigError => new ModelConfigError(`${file}: ${key} ${reason}`);
  const value = (key: string, absent: unknown): unknown => values[key] ?? absent;
  const checked = <T>(key: string, absent: T | undefined, fits: (value: unknown) => value is T, due: string): T => {
    const found = value(key, absent);
    if (!fits(found)) throw error(key, `is ${JSON.stringify(found)}, expects ${due}`);
    return found;
  };
  const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isInteger(x) && x >= 1;
  const isCounts = (x: unknown): x is readonly number[] => Array.isArray(x) && x.length > 0 && x.every(isCount);
  const isSizes = (x: unknown): x is readonly number[] => Array.isArray(x) && x.length > 0 && x.every(n => n === 0 || isCount(n));
  const isNumber = (x: unknown): x is number => typeof x === 'number' && x >= 0;
  const show = (known: readonly unknown[]): string => known.map(x => JSON.stringify(x)).join(' or ');

  return {
    error,
    count: (key, absent) => checked(key, absent, isCount, 'a whole number of at least 1'),
    number: (key, absent) => checked(key, absent, isNumber, 'a number of at least 0'),
    flag: (key, absent) => checked(key, absent, (x): x is boolean => typeof x === 'boolean', 'true or false'),
    optionalCount: key => (value(key, null) === null ? undefined : checked(key, undefined, isCount, 'a whole number of at least 1')),
    counts: (key, absent) => checked(key, absent, isCounts, 'a list of whole numbers of at least 1'),
    sizes: (key, absent) => checked(key, absent, isSizes, 'a list of whole numbers of at least 0'),
    perBlock(key, blocks, absent) {
      const found = value(key, absent);
      const list = isCount(found) ? Array<number>(blocks).fill(found) : found;
      if (!isCounts(list) || list.length !== blocks) {
        throw error(key, `is ${JSON.stringify(found)}, expects a whole number of at least 1, or a list of ${blocks}`);
      }
      return list;
    },
    choice(key, known, absent) {
      const found = key in values ? (values[key] as typeof absent) : absent;
      if (!known.includes(found)) throw error(key, `is ${JSON.stringify(found)}, only ${show(known)} is supported`);
      return found;
    },
    choices(key, known, absent) {
      const list = value(key, absent) as typeof absent;
      const stranger = Array.isArray(list) ? list.find(entry => !known.includes(entry)) : list;
      if (stranger !== undefined || list.length === 0)
        throw error(key, `has ${JSON.stringify(stranger)}, only ${show(known)} is supported`);
      return list;
    },
  };
};
