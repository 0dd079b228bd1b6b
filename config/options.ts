// Every option of the program, once: flag, type, unit, range, default, help.
import type { FreeUSetting, FreeUText, OptionSpec, PeriodText, RangeText, ValuesOf } from './option.ts';
import { CONTROL } from './options/control.ts';
import { ENCODING } from './options/encoding.ts';
import { FREEU } from './options/freeu.ts';
import { INPUT } from './options/input.ts';
import { KEY_FRAMES } from './options/keyframes.ts';
import { MODEL } from './options/model.ts';
import { MOTION } from './options/motion.ts';
import { PICTURES } from './options/pictures.ts';
import { RUN } from './options/run.ts';
import { SPEED } from './options/speed.ts';
import { STYLE } from './options/style.ts';
import { VIDEO } from './options/video.ts';

export type { PartialOptions } from './partial-options.ts';

export const OPTIONS = {
  ...INPUT,
  ...STYLE,
  ...MODEL,
  ...CONTROL,
  ...SPEED,
  ...FREEU,
  ...KEY_FRAMES,
  ...MOTION,
  ...PICTURES,
  ...VIDEO,
  ...ENCODING,
  ...RUN,
} as const;

export type OptionName = keyof typeof OPTIONS;

/** All options, resolved: every default applied, every value validated, FreeU's factors as numbers. */
export type Options = ValuesOf<typeof OPTIONS>;

/** What a caller may say, as it follows from the tables; {@link PartialOptions} is the same with docstrings. */
export type DerivedPartialOptions = {
  readonly [K in OptionName]?: Options[K] | (K extends 'freeu' ? FreeUSetting : never) | Spelled<(typeof OPTIONS)[K]['type']> | undefined;
};

/** Values as they are written on the command line, beside those of JavaScript. */
type Spelled<T extends OptionSpec['type']> = T extends 'range'
  ? RangeText | number
  : T extends 'time'
    ? string
    : T extends 'seed'
      ? 'random'
      : T extends 'period'
        ? PeriodText
        : T extends 'freeu'
          ? FreeUText
          : never;
