// Typed access to the keys of a scheduler_config.json.
import { type Bounds, boundsText, isWithin } from '../../config/bounded.ts';
import { RerenderError } from '../../config/errors.ts';
import { show } from '../../config/show.ts';

/** A scheduler config asks for something that this program does not do, or a run asks for an impossible number of steps. */
export class ScheduleError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('SCHEDULE', 'failure', message, options);
  }
}

export type Config = Readonly<Record<string, unknown>>;

/** Reads keys; one that is absent or null takes the default given, one of a wrong kind is refused by name. */
export type ConfigReader = {
  /** The file, for messages. */
  readonly where: string;
  /** diffusers' class that wrote the file, where it says so. */
  readonly className: string | undefined;
  has(key: string): boolean;
  /** May be infinite. */
  number(key: string, fallback: number): number;
  count(key: string, bounds: Bounds, fallback: number): number;
  flag(key: string, fallback: boolean): boolean;
  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T;
  /** At most so many numbers, or undefined where the key is absent. */
  numbers(key: string, most: number): readonly number[] | undefined;
  /** Refuses a key that is set to anything but nothing. */
  refuse(...keys: readonly string[]): void;
  error(key: string, reason: string): ScheduleError;
};

const isNumber = (x: unknown): x is number => typeof x === 'number' && !Number.isNaN(x);

export const configReader = (config: Config, where: string): ConfigReader => {
  const error = (key: string, reason: string) => new ScheduleError(`${where}: ${key} ${reason}`);
  const checked = <T>(key: string, fallback: T, fits: (value: unknown) => value is T, due: string): T => {
    const value = config[key] ?? fallback;
    if (fits(value)) return value;
    throw error(key, `must be ${due}, got ${show(value)}`);
  };
  return {
    where,
    className: typeof config._class_name === 'string' ? config._class_name : undefined,
    has: key => config[key] != null,
    number: (key, fallback) => checked(key, fallback, isNumber, 'a number'),
    count: (key, bounds, fallback) => checked(key, fallback, (x): x is number => isWithin(x, bounds), boundsText(bounds)),
    flag: (key, fallback) => checked(key, fallback, x => typeof x === 'boolean', 'true or false'),
    choice: (key, choices, fallback) => {
      const value = config[key] ?? fallback;
      const found = choices.find(c => c === value);
      if (found !== undefined) return found;
      throw error(key, `${show(value)} is not supported; supported are ${choices.join(', ')}`);
    },
    numbers: (key, most) => {
      const value = config[key];
      if (value == null) return undefined;
      if (Array.isArray(value) && value.length <= most && value.every(isNumber)) return value;
      throw error(key, `must be a list of numbers, at most ${most}; got ${show(value)}`);
    },
    refuse: (...keys) => {
      for (const key of keys) if (config[key]) throw error(key, `${show(config[key])} is not supported`);
    },
    error,
  };
};
