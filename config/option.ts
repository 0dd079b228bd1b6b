// The shape of an option's description. One table of these feeds flags, --help, config files, the environment and the docs.
import type { DeviceName } from './device.ts';
import type { Job } from './jobs.ts';

export const GROUPS = [
  'Input and output',
  'Style',
  'Speed',
  'FreeU',
  'Key frames',
  'Motion',
  'Pictures',
  'Video models',
  'Encoding',
  'Run',
] as const;
export type Group = (typeof GROUPS)[number];

type Common = {
  /** The flag as commander spells it, e.g. `-s, --seed <n>`. */
  readonly flag: string;
  /** Further spellings of the same flag, not shown in --help. */
  readonly aliases?: readonly string[];
  readonly group: Group;
  /** The jobs that read it; given to another, it is refused. */
  readonly for: readonly Job[];
  /** Refused where a command line gives it twice; of other options that take one value, the last holds. */
  readonly once?: true;
  /** One line; without the default, which is printed beside it. */
  readonly help: string;
  /** What leaving it out means, where no default says it. */
  readonly without?: string;
  /** Shown only by --help-all. */
  readonly advanced?: true;
  /** Which files that came with a download may set it; without this only the user does (docs/configuration.md). */
  readonly openTo?: OpenTo;
};

/**
 * `models`: a model's rerender.json and a config in the current folder; drawing options alone, nothing that names a path.
 * `folders`: a config in the current folder. `folders, inside`: that, and the path has to stay inside the folder.
 */
export type OpenTo = 'models' | 'folders' | 'folders, inside';

/** How a value is written and what it may be. Every kind knows its own range, so that one validator serves all layers. */
export type OptionSpec = Common &
  (
    | { readonly type: 'text'; readonly default: string | undefined }
    | { readonly type: 'texts'; readonly default: readonly string[] }
    | { readonly type: 'number'; readonly min: number; readonly max: number; readonly unit?: string; readonly default: number | undefined }
    | {
        readonly type: 'integer';
        readonly min: number;
        readonly max: number;
        readonly unit?: string;
        /** Words that may stand in place of a number. */
        readonly words?: readonly string[];
        readonly default: number | undefined;
      }
    | { readonly type: 'flag'; readonly default: boolean }
    | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string | undefined }
    | { readonly type: 'time'; readonly default: number | undefined }
    | { readonly type: 'range'; readonly default: FrameRange | undefined }
    | { readonly type: 'seed'; readonly default: number }
    | { readonly type: 'device'; readonly default: DeviceName }
    | { readonly type: 'freeu'; readonly default: FreeUSetting }
    | { readonly type: 'period'; readonly default: PeriodSetting }
  );

/** First and last frame, both included, from 0. */
export type FrameRange = readonly [first: number, last: number];

/** The same as on the command line: `0-7`. */
export type RangeText = `${number}-${number}`;

/** Two fractions of the steps, both included; the first is not after the second. */
export type Period = readonly [from: number, to: number];
export type PeriodSetting = Period | 'off';

/** The same as on the command line: `0.5,0.8`. */
export type PeriodText = `${number},${number}`;

/** FreeU's strengths: backbone b1, b2 and skip s1, s2; 1, 1, 1, 1 is the identity. */
export type FreeUStrengths = { readonly b1: number; readonly b2: number; readonly s1: number; readonly s2: number };

/** Factors as they hold in a run. */
export type SettledFreeU = FreeUStrengths | 'off';

/** Words in place of FreeU's factors. */
export const FREEU_WORDS = ['auto', 'authors', 'rerender', 'off'] as const;

/**
 * Factors as they are asked for. `auto`: the model's own recommendation, else the row of its family, as the job takes it. `authors`: those
 * that FreeU's authors publish for the model. `rerender`: Rerender A Video's.
 */
export type FreeUSetting = SettledFreeU | (typeof FREEU_WORDS)[number];

/** Factors b1, b2, s1, s2 as on the command line: `1.1,1.2,1,0.9`. */
export type FreeUText = `${number},${number},${number},${number}`;

type Value<S extends OptionSpec> = S extends { type: 'text' }
  ? string | Extract<S['default'], undefined>
  : S extends { type: 'texts' }
    ? readonly string[]
    : S extends { type: 'number' | 'integer' | 'time' }
      ? number | (S extends { words: readonly (infer W)[] } ? W : never) | Extract<S['default'], undefined>
      : S extends { type: 'flag' }
        ? boolean
        : S extends { type: 'choice'; choices: readonly (infer C)[] }
          ? C | Extract<S['default'], undefined>
          : S extends { type: 'range' }
            ? FrameRange | undefined
            : S extends { type: 'seed' }
              ? number
              : S extends { type: 'period' }
                ? PeriodSetting
                : S extends { type: 'device' }
                  ? DeviceName
                  : SettledFreeU;

/** The resolved values of a table of options. */
export type ValuesOf<T extends Record<string, OptionSpec>> = { readonly [K in keyof T]: Value<T[K]> };
