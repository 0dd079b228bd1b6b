// Turns the option table into commander flags, and what was typed back into a layer of values.
import { type Command, Option } from 'commander';
import { UsageError } from '../config/errors.ts';
import type { Layer, Settled } from '../config/layers.ts';
import { GROUPS, type OptionSpec } from '../config/option.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import { longFlag } from '../config/parse.ts';
import { valueText } from '../config/value-text.ts';
import type { Wording } from './command.ts';

const entries = Object.entries(OPTIONS) as [OptionName, OptionSpec][];

/** What --help shows. */
export type HelpContext = {
  /** Advanced options, too. */
  readonly all: boolean;
  /** The options as they hold where nothing is given, for the model in use; absent where that cannot be told, or nobody asks for help. */
  readonly defaults?: Settled | undefined;
};

/** The default that holds; where it is the model's to recommend and the model is not there, that is said. */
const defaultText = (name: OptionName, spec: OptionSpec, { defaults }: HelpContext): string => {
  const text = valueText(spec, defaults ? defaults.options[name] : spec.default);
  const recommended = defaults ? defaults.origins[name].kind === 'model' : spec.openTo === 'models';
  if (text === '') return '';
  if (!recommended) return ` (default: ${text})`;
  return defaults ? ` (default: ${text}, the model's)` : ` (default: the model's, else ${text})`;
};

const rangeText = (spec: OptionSpec): string => {
  if (spec.type === 'choice') return `: ${spec.choices.join(', ')}`;
  return spec.type === 'number' && spec.max <= 2 ? `, ${spec.min} to ${spec.max}` : '';
};

/** What leaving an option out means; that nothing is done then goes without saying. */
const withoutText = ({ without }: OptionSpec): string =>
  without === undefined || /^no(ne|thing)?\b/.test(without) ? '' : `; without it ${without}`;

const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value];

const once =
  (spec: OptionSpec) =>
  (value: string, earlier: string | undefined): string => {
    if (earlier === undefined) return value;
    throw new UsageError(`${longFlag(spec)} is given twice, ${earlier} and ${value}: give one of them.`);
  };

const optionOf = (spec: OptionSpec, flag: string, help: string): Option => {
  const option = new Option(flag, help);
  if (spec.type === 'texts') option.argParser(collect);
  if (spec.type === 'texts' && option.optional && !option.required) option.preset('default');
  if (spec.once) option.argParser(once(spec));
  return option;
};

const argumentOf = (spec: OptionSpec): string => /[<[].*[>\]]/.exec(spec.flag)?.[0] ?? '';

/** Adds the options of the table that a command takes, group by group. Advanced ones show where `all` is set, or the command words them. */
export const addOptions = (command: Command, names: readonly OptionName[], context: HelpContext, wording: Wording = {}): void => {
  for (const group of GROUPS) {
    for (const [name, spec] of entries) {
      if (spec.group !== group || !names.includes(name)) continue;
      const shown = defaultText(name, spec, context);
      const without = shown === '' ? withoutText(spec) : ''; // a default says it
      const { flag = spec.flag, help = spec.help + rangeText(spec) + without } = wording[name] ?? {};
      const option = optionOf(spec, flag, help + shown).helpGroup(`${group}:`);
      command.addOption(option.hideHelp(!context.all && spec.advanced === true && wording[name] === undefined));
      for (const alias of [longFlag(spec), ...(spec.aliases ?? [])].filter(alias => !flag.includes(alias)))
        command.addOption(optionOf(spec, `${alias} ${argumentOf(spec)}`.trim(), '').hideHelp());
    }
  }
};

/**
 * Adds the options that a command does not take, unseen, so that they can be refused with what they belong to. Flags that the command has
 * for itself stay its own.
 * @returns the names of those that were added
 */
export const addForeign = (command: Command, names: readonly OptionName[]): OptionName[] => {
  const taken = (flag: string | undefined): boolean =>
    flag !== undefined && command.options.some(({ long, short }) => long === flag || short === flag);
  return names.filter(name => {
    const spec: OptionSpec = OPTIONS[name];
    const spellings = [spec.flag, ...(spec.aliases ?? []).map(alias => `${alias} ${argumentOf(spec)}`.trim())];
    if (spellings.some(flag => taken(new Option(flag).long))) return false;
    for (const spelling of spellings) {
      const { short } = new Option(spelling);
      command.addOption(optionOf(spec, taken(short) ? spelling.replace(`${short}, `, '') : spelling, '').hideHelp());
    }
    return true;
  });
};

const attribute = (flag: string): string => new Option(flag).attributeName();

/** The values that were typed for these options, as the strongest layer. */
export const flagLayer = (command: Command, names: readonly OptionName[]): Layer => {
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const spec: OptionSpec = OPTIONS[name];
    for (const key of [spec.flag, ...(spec.aliases ?? [])].map(attribute)) {
      if (command.getOptionValueSource(key) === 'cli') values[name] = command.getOptionValue(key);
    }
  }
  return { origin: { kind: 'flag' }, values };
};
