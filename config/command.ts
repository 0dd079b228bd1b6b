// The command that does what settled options say, and the config file that holds them.
import { FACTOR_OPTIONS } from './freeu.ts';
import { OPTION_NAMES, type Settled } from './layers.ts';
import type { OptionSpec } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { isAskedFor } from './origin.ts';
import { longFlag } from './parse.ts';
import { valueText } from './value-text.ts';

/** As every shell of a Unix reads it; words without anything special stay bare. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const specOf = (name: OptionName): OptionSpec => OPTIONS[name];

/** Options that somebody asked for; FreeU's factors one by one are all in `freeu`. */
const askedFor = ({ origins, options }: Settled): OptionName[] => {
  const factors: readonly string[] = Object.keys(FACTOR_OPTIONS);
  const isFactor = (name: OptionName): boolean => factors.includes(name);
  const asked = OPTION_NAMES.filter(name => isAskedFor(origins[name]) && options[name] !== undefined);
  const names = asked.filter(name => !isFactor(name));
  return asked.some(name => isFactor(name) || name === 'freeuStage') && !names.includes('freeu') ? [...names, 'freeu'] : names;
};

const flagWords = (name: OptionName, value: unknown): string[] => {
  const spec = specOf(name);
  const flag = longFlag(spec);
  if (spec.type === 'flag') return valueText(spec, value) === 'on' ? [flag] : [];
  if (spec.type === 'texts') return (value as readonly string[]).flatMap(one => [flag, one]);
  const text = valueText(spec, value);
  return text.startsWith('-') ? [`${flag}=${text}`] : [flag, text];
};

/** Of files that do not name their results: the place is the command's own. */
const PLACES: readonly OptionName[] = ['output', 'overwrite'];

/** The command line of a run. @param output the result's file */
export const commandOf = (input: string, output: string, settled: Settled): string => {
  const names = askedFor(settled).filter(name => !PLACES.includes(name));
  const flags = names.flatMap(name => flagWords(name, settled.options[name]));
  return ['rerender', input, ...flags, '-o', output].map(quoted).join(' ');
};

/** What `rerender.config.json` holds: the options that somebody asked for, by their keys. */
export const configOf = (settled: Settled): Record<string, unknown> =>
  Object.fromEntries(
    askedFor(settled)
      .filter(name => !PLACES.includes(name))
      .map(name => [name, settled.options[name]]),
  );
