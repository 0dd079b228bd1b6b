// Reads one option's value from text or JSON, or says what is wrong with it.
import { DEVICE_RULE, parseDevice } from './device.ts';
import { UsageError } from './errors.ts';
import { FREEU_BOUNDS } from './freeu-bounds.ts';
import { FREEU_WORDS, type FrameRange, type FreeUSetting, type OptionSpec, type PeriodSetting } from './option.ts';
import { show } from './show.ts';

/** The long flag of an option without its argument, e.g. `--seed`. */
export const longFlag = (spec: OptionSpec): string => /--[\w-]+/.exec(spec.flag)![0];

/** Seconds from `90`, `1:30` or `00:01:30.5`; undefined when it is no time. */
export const parseTime = (text: string): number | undefined => {
  if (!/^(\d+:){0,2}\d+(\.\d*)?$/.test(text)) return undefined;
  return text.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
};

/** A word, or four factors `b1,b2,s1,s2`; undefined when it is neither. 0 is legal and means zero, not off. */
const parseFreeU = (value: unknown): FreeUSetting | undefined => {
  const word = FREEU_WORDS.find(one => one === value);
  if (word !== undefined) return word;
  const raw =
    typeof value === 'string'
      ? value.split(',')
      : Array.isArray(value)
        ? value
        : isStrengths(value)
          ? [value.b1, value.b2, value.s1, value.s2]
          : [];
  const [b1, b2, s1, s2] = raw.map(numeric);
  const [least, most] = FREEU_BOUNDS;
  if (raw.length !== 4 || ![b1, b2, s1, s2].every(x => x !== undefined && x >= least && x <= most)) return undefined;
  return { b1: b1!, b2: b2!, s1: s1!, s2: s2! };
};

const isStrengths = (value: unknown): value is Record<'b1' | 'b2' | 's1' | 's2', unknown> =>
  typeof value === 'object' && value !== null && 'b1' in value && 'b2' in value && 's1' in value && 's2' in value;

const parseRange = (value: unknown): FrameRange | undefined => {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))) {
    const count = Number(value);
    return Number.isInteger(count) && count > 0 ? [0, count - 1] : undefined;
  }
  const parts = typeof value === 'string' ? (/^(\d+)-(\d+)$/.exec(value)?.slice(1).map(Number) ?? []) : Array.isArray(value) ? value : [];
  const [first, last] = parts;
  return parts.length === 2 && Number.isInteger(first) && Number.isInteger(last) && first >= 0 && last >= first ? [first, last] : undefined;
};

/** `a,b` with 0 <= a <= b <= 1, or `off`. */
const parsePeriod = (value: unknown): PeriodSetting | undefined => {
  if (value === 'off') return value;
  const parts: unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [];
  const [from = Number.NaN, to = Number.NaN] = parts.map(numeric);
  return parts.length === 2 && from >= 0 && from <= to && to <= 1 ? [from, to] : undefined;
};

const parseFlag = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value;
  const text = plain(value).toLowerCase();
  return ['1', 'true', 'yes', 'on'].includes(text) ? true : ['0', 'false', 'no', 'off'].includes(text) ? false : undefined;
};

/** A text or number as text; nothing for objects, whose own `toString` may be anything. */
const plain = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

const numeric = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;

/** The rule that a value of this option has to keep, in words. */
export const ruleOf = (spec: OptionSpec): string => {
  const unit = 'unit' in spec && spec.unit ? ` ${spec.unit}` : '';
  switch (spec.type) {
    case 'number':
      return `a number from ${spec.min} to ${spec.max}${unit}`;
    case 'integer':
      return [`a whole number from ${spec.min} to ${spec.max}${unit}`, ...(spec.words ?? [])].join(', or ');
    case 'choice':
      return `one of ${spec.choices.join(', ')}`;
    case 'time':
      return 'a time such as 90, 1:30 or 00:01:30.5';
    case 'range':
      return 'two frame numbers a-b, the first not after the last, from 0, or how many frames to take';
    case 'seed':
      return 'a whole number from 0 to 9007199254740991, or random';
    case 'freeu':
      return `${FREEU_WORDS.join(', ')}, or four factors b1,b2,s1,s2 from ${FREEU_BOUNDS.join(' to ')}`;
    case 'device':
      return DEVICE_RULE;
    case 'period':
      return 'off, or two fractions a,b of the steps from 0 to 1, the first not after the second';
    case 'flag':
      return 'true or false';
    case 'texts':
      return 'one or more texts';
    case 'text':
      return 'a text';
  }
};

const read = (spec: OptionSpec, value: unknown): unknown => {
  switch (spec.type) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'texts':
      return typeof value === 'string' ? [value] : Array.isArray(value) && value.every(v => typeof v === 'string') ? value : undefined;
    case 'number': {
      const n = numeric(value);
      return n >= spec.min && n <= spec.max ? n : undefined;
    }
    case 'integer': {
      if (typeof value === 'string' && spec.words?.includes(value)) return value;
      const n = numeric(value);
      return Number.isInteger(n) && n >= spec.min && n <= spec.max ? n : undefined;
    }
    case 'flag':
      return parseFlag(value);
    case 'choice':
      return spec.choices.includes(plain(value)) ? plain(value) : undefined;
    case 'time':
      return typeof value === 'number' && value >= 0 && Number.isFinite(value)
        ? value
        : typeof value === 'string'
          ? parseTime(value)
          : undefined;
    case 'range':
      return parseRange(value);
    case 'seed': {
      if (value === 'random') return Math.floor(Math.random() * 2 ** 32);
      const n = numeric(value);
      return Number.isSafeInteger(n) && n >= 0 ? n : undefined;
    }
    case 'freeu':
      return parseFreeU(value);
    case 'device':
      return parseDevice(plain(value));
    case 'period':
      return parsePeriod(value);
  }
};

/**
 * Reads a value given for an option, from a flag, the environment, a config file or the library.
 * @param where how the user wrote it, e.g. `--steps` or `rerender.config.json: steps`
 * @throws UsageError that names the place, the rule and the value
 */
export const parseValue = (spec: OptionSpec, value: unknown, where: string): unknown => {
  const parsed = read(spec, value);
  if (parsed === undefined) throw new UsageError(`${where} must be ${ruleOf(spec)}; got ${show(value)}.`);
  return parsed;
};
