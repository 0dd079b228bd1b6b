// How a ControlNet is written on the command line: TYPE, TYPE=PATH, with :SCALE behind it.
import { UsageError } from './errors.ts';
import { didYouMean } from './suggest.ts';

/** What a ControlNet is fed with: the frame itself, or its Canny edges. */
export const CONTROL_TYPES = ['tile', 'canny'] as const;
export type ControlType = (typeof CONTROL_TYPES)[number];

export type ControlSpec = {
  readonly type: ControlType;
  /** A folder with config.json and weights; without it the model's own. */
  readonly folder?: string;
  /** Weight of its residuals; without it `--control-scale`. */
  readonly scale?: number;
};

const isType = (text: string): text is ControlType => (CONTROL_TYPES as readonly string[]).includes(text);

/**
 * Reads the values of `--control`; `none` alone means none.
 * @throws UsageError for an unknown type or a scale outside 0 to 2
 */
export const parseControls = (values: readonly string[]): ControlSpec[] => {
  if (values.length === 1 && values[0] === 'none') return [];
  return values.map(value => {
    const [, type = '', folder, scale] = /^([^=:]*)(?:=(.*?))?(?::(\d+(?:\.\d*)?|\.\d+))?$/s.exec(value) ?? [];
    if (!isType(type)) {
      throw new UsageError(
        `--control ${value}: the type must be one of ${CONTROL_TYPES.join(', ')}, or none alone.${didYouMean(type, CONTROL_TYPES)}`,
      );
    }
    if (folder === '') throw new UsageError(`--control ${value}: no folder behind the equals sign.`);
    if (scale !== undefined && Number(scale) > 2) throw new UsageError(`--control ${value}: the scale must be a number from 0 to 2.`);
    return { type, ...(folder === undefined ? {} : { folder }), ...(scale === undefined ? {} : { scale: Number(scale) }) };
  });
};
