// Reads a network's config.json: an absent key takes the default of the diffusers class, an unknown value is refused by name.
import { join } from 'node:path';
import { type Bounds, boundsText, isWithin } from '../../config/bounded.ts';
import { RerenderError } from '../../config/errors.ts';
import { decodeText, parseJson } from '../../config/json.ts';
import { readSmallFile } from '../../config/read-file.ts';
import { show } from '../../config/show.ts';
import { BOUNDS } from './limits.ts';

/** A config.json as it stands. `file` is for messages. */
export type RawConfig = { readonly file: string; readonly values: Readonly<Record<string, unknown>> };

/** A model folder's configuration is absent, damaged, or describes a network that is not supported. */
export class ModelConfigError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('MODEL_CONFIG', 'failure', message, options);
  }
}

/** Python writes -Infinity into JSON, as for DPM-Solver's `lambda_min_clipped`; a huge number says the same in JSON. */
const withInfinities = (text: string): string => text.replace(/(:\s*)(-?)Infinity(?=\s*[,}])/g, '$1$21e999');

/** Reads a JSON object from a model folder, `config.json` unless another name is given. */
export const readConfig = async (folder: string, name = 'config.json'): Promise<RawConfig> => {
  const file = join(folder, name);
  const fail = (reason: string, cause?: unknown): ModelConfigError => new ModelConfigError(`${file}: ${reason}`, { cause });
  const bytes = await readSmallFile(file).catch((error: Error) => {
    throw fail(`cannot be read: ${error.message}`, error);
  });
  const values = parseJson(withInfinities(decodeText(bytes, fail)), fail);
  if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new ModelConfigError(`${file}: is not a JSON object`);
  return { file, values: values as Record<string, unknown> };
};

/** Typed access to the keys of one config. Every number is within bounds, of which `BOUNDS` has those of this program. */
export type Fields = {
  /** A whole number; refused when it is absent and no default is given. */
  count(key: string, bounds: Bounds, absent?: number): number;
  /** A number of at least 0. */
  number(key: string, absent: number): number;
  flag(key: string, absent: boolean): boolean;
  /** A whole number, or nothing where the key is absent or null. */
  optionalCount(key: string, bounds: Bounds): number | undefined;
  /** A list of whole numbers, one a level. */
  counts(key: string, bounds: Bounds, absent: readonly number[]): readonly number[];
  /** One whole number for all blocks, or a list with one for each. */
  perBlock(key: string, bounds: Bounds, blocks: number, absent: number): readonly number[];
  /** For each block a whole number or a list of them, or nothing where the key is absent or null. */
  nested(key: string, bounds: Bounds): readonly (number | readonly number[])[] | undefined;
  /** So many numbers, or nothing where the key is absent or null. */
  numbers(key: string, count: number): readonly number[] | undefined;
  /** One of the values that the network knows. */
  choice<T extends string | number | boolean | null>(key: string, supported: readonly T[], absent: T): T;
  /** A list of them, one a level. */
  choices<T extends string>(key: string, supported: readonly T[], absent: readonly T[]): readonly T[];
  /** Refuses a key by name. */
  error(key: string, reason: string): ModelConfigError;
};

const [, MOST_LEVELS] = BOUNDS.levels;

const isLevels = (list: unknown): list is readonly unknown[] => Array.isArray(list) && list.length > 0 && list.length <= MOST_LEVELS;

export const fieldsOf = ({ file, values }: RawConfig): Fields => {
  const error = (key: string, reason: string): ModelConfigError => new ModelConfigError(`${file}: ${key} ${reason}`);
  const value = (key: string, absent: unknown): unknown => values[key] ?? absent;
  const checked = <T>(key: string, absent: T | undefined, fits: (value: unknown) => value is T, due: string): T => {
    const found = value(key, absent);
    if (!fits(found)) throw error(key, `is ${show(found)}, expects ${due}`);
    return found;
  };
  const within =
    (bounds: Bounds) =>
    (x: unknown): x is number =>
      isWithin(x, bounds);
  const areWithin =
    (bounds: Bounds) =>
    (x: unknown): x is readonly number[] =>
      isLevels(x) && x.every(within(bounds));
  const isNumber = (x: unknown): x is number => typeof x === 'number' && x >= 0 && Number.isFinite(x);
  const listed = (supported: readonly unknown[]): string => supported.map(x => show(x)).join(' or ');

  return {
    error,
    count: (key, bounds, absent) => checked(key, absent, within(bounds), boundsText(bounds)),
    number: (key, absent) => checked(key, absent, isNumber, 'a number of at least 0'),
    flag: (key, absent) => checked(key, absent, (x): x is boolean => typeof x === 'boolean', 'true or false'),
    optionalCount: (key, bounds) =>
      value(key, null) === null ? undefined : checked(key, undefined, within(bounds), `${boundsText(bounds)}, or nothing`),
    counts: (key, bounds, absent) =>
      checked(key, absent, areWithin(bounds), `a list of ${boundsText(bounds)} each, at most ${MOST_LEVELS}`),
    perBlock(key, bounds, blocks, absent) {
      const found = value(key, absent);
      const list = within(bounds)(found) ? Array<number>(blocks).fill(found) : found;
      if (!areWithin(bounds)(list) || list.length !== blocks) {
        throw error(key, `is ${show(found)}, expects ${boundsText(bounds)}, or a list of ${blocks}`);
      }
      return list;
    },
    nested: (key, bounds) => {
      const isNested = (x: unknown): x is readonly (number | readonly number[])[] =>
        isLevels(x) && x.every(each => within(bounds)(each) || areWithin(bounds)(each));
      return value(key, null) === null
        ? undefined
        : checked(key, undefined, isNested, `${boundsText(bounds)} or a list of them for each block`);
    },
    numbers: (key, count) => {
      const isList = (x: unknown): x is readonly number[] => Array.isArray(x) && x.length === count && x.every(Number.isFinite);
      return value(key, null) === null ? undefined : checked(key, undefined, isList, `a list of ${count} numbers`);
    },
    choice(key, supported, absent) {
      const found = Object.hasOwn(values, key) ? (values[key] as typeof absent) : absent;
      if (!supported.includes(found)) throw error(key, `is ${show(found)}, only ${listed(supported)} is supported`);
      return found;
    },
    choices<T extends string>(key: string, supported: readonly T[], absent: readonly T[]) {
      const list = value(key, absent);
      const stranger = Array.isArray(list) ? list.find(entry => !supported.includes(entry)) : list;
      if (stranger !== undefined || !isLevels(list)) {
        const found = stranger === undefined ? `${(list as unknown[]).length} entries` : show(stranger);
        throw error(key, `has ${found}, only ${listed(supported)} is supported, for 1 to ${MOST_LEVELS} levels`);
      }
      return list as readonly T[];
    },
  };
};
