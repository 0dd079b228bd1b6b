// The option table as a TypeScript type with docstrings, so that an editor explains each option where a caller writes it.
import { FREEU_BOUNDS } from './freeu-bounds.ts';
import { jobsText } from './jobs.ts';
import { OPTION_NAMES } from './layers.ts';
import { FREEU_WORDS, GROUPS, type OptionSpec } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { longFlag, ruleOf } from './parse.ts';

const COLUMNS = 140;

const isNegated = (spec: OptionSpec): boolean => spec.type === 'flag' && spec.flag.startsWith('--no-');

/** The option of each long flag. */
const KEYS: ReadonlyMap<string, OptionName> = new Map(OPTION_NAMES.map(name => [longFlag(OPTIONS[name]), name]));

/** A text of the command line with options by their keys: `--strength` is `strength`. */
const withKeys = (text: string): string =>
  text.replace(/(`?)(--[a-z][a-z0-9-]*)(`?)/g, (_, open: string, flag: string, close: string) => {
    const key = KEYS.get(flag);
    return key === undefined || (open === '') !== (close === '') ? `${open}${flag}${close}` : `\`${key}\``;
  });

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

/** What a value may be, for a caller who writes JavaScript values; empty where the type says it all. */
const ruleText = (spec: OptionSpec): string => {
  switch (spec.type) {
    case 'time':
      return 'Seconds, from 0; or a text such as `1:30` or `00:01:30.5`.';
    case 'range':
      return 'Both are included: `[0, 7]` or `0-7`; a number n is the first n.';
    case 'seed':
      return 'A whole number from 0 to 2^53 - 1, or `random`.';
    case 'freeu':
      return `Factors from ${FREEU_BOUNDS.join(' to ')}; or one of ${FREEU_WORDS.map(word => `\`${word}\``).join(', ')}.`;
    case 'period':
      return '`off`, or two fractions of the steps from 0 to 1, the first not after the second.';
    case 'integer':
    case 'number':
      return sentence(ruleOf(spec));
    default:
      return '';
  }
};

/** The default as a value, and when it does not hold; or what leaving the option out means. */
const defaultTag = (spec: OptionSpec): string => {
  if (spec.without !== undefined) return `@defaultValue ${withKeys(spec.without)}`;
  const recommended = spec.openTo === 'models' ? ', where neither preset nor model says another' : '';
  return `@defaultValue \`${JSON.stringify(spec.default)}\`${recommended}`;
};

/** Words in lines of at most `width` columns. */
const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
};

/** What an option does; without how times and ranges are spelled on the command line, which stands behind the first mark. */
const meaningOf = ({ type, help }: OptionSpec): string => withKeys(type === 'time' || type === 'range' ? help.split(/[:;]/)[0]! : help);

const docstring = (spec: OptionSpec): string[] => {
  const help = meaningOf(spec);
  const meaning = isNegated(spec) ? `\`false\`: ${help}.` : sentence(help);
  const paragraphs = [
    [meaning, ruleText(spec)].filter(part => part !== '').join(' '),
    '',
    `Flag \`${spec.flag}\`; read by ${jobsText(spec.for)}.`,
    defaultTag(spec),
  ];
  const lines = paragraphs.flatMap(text => wrap(text, COLUMNS - '   * '.length));
  return ['  /**', ...lines.map(line => `   * ${line}`.trimEnd()), '   */'];
};

const typeNames = (spec: OptionSpec): readonly string[] => {
  switch (spec.type) {
    case 'text':
      return ['string'];
    case 'texts':
      return ['readonly string[]'];
    case 'number':
      return ['number'];
    case 'time':
      return ['number', 'string'];
    case 'seed':
      return ['number', "'random'"];
    case 'integer':
      return ['number', ...(spec.words ?? []).map(word => `'${word}'`)];
    case 'flag':
      return ['boolean'];
    case 'choice':
      return spec.choices.map(choice => `'${choice}'`);
    case 'range':
      return ['FrameRange', 'RangeText', 'number'];
    case 'period':
      return ['PeriodSetting', 'PeriodText'];
    case 'freeu':
      return ['FreeUSetting', 'FreeUText'];
    case 'device':
      return ['DeviceName'];
  }
};

/** A property as the formatter writes it: a union that is too long has a line for each member. */
const property = (name: OptionName, spec: OptionSpec): string[] => {
  const types = [...typeNames(spec), 'undefined'];
  const line = `  readonly ${name}?: ${types.join(' | ')};`;
  if (line.length <= COLUMNS) return [line];
  return [`  readonly ${name}?:`, ...types.map((type, i) => `    | ${type}${i === types.length - 1 ? ';' : ''}`)];
};

/** The text of `config/partial-options.ts`. */
export const optionsType = (): string => {
  const lines = [
    '// Made from the tables of config/options/ by `npm run docs`: what a caller of the library may say. Edit the tables.',
    "import type { DeviceName } from './device.ts';",
    "import type { FrameRange, FreeUSetting, FreeUText, PeriodSetting, PeriodText, RangeText } from './option.ts';",
    '',
    '/** Options of a library call; all may be left out. A job refuses those that it has no use for. */',
    'export type PartialOptions = {',
  ];
  for (const group of GROUPS) {
    const names = OPTION_NAMES.filter(name => OPTIONS[name].group === group);
    lines.push(`  // ${group}`, '');
    for (const name of names) lines.push(...docstring(OPTIONS[name]), ...property(name, OPTIONS[name]));
    lines.push('');
  }
  return `${[...lines.slice(0, -1), '};'].join('\n')}\n`;
};
