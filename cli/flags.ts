// Turns the option table into commander flags, and what was typed back into a layer of values.
import { type Command, Option } from 'commander';
import type { Layer } from '../config/layers.ts';
import { GROUPS, type OptionSpec } from '../config/option.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';

const entries = Object.entries(OPTIONS) as [OptionName, OptionSpec][];

const defaultText = (spec: OptionSpec): string => {
  if (
    spec.default === undefined ||
    spec.default === '' ||
    spec.type === 'flag' ||
    (Array.isArray(spec.default) && spec.default.length === 0)
  )
    return '';
  return ` (default: ${spec.default})`;
};

const rangeText = (spec: OptionSpec): string => {
  if (spec.type === 'choice') return `: ${spec.choices.join(', ')}`;
  return spec.type === 'number' && spec.max <= 2 ? `, ${spec.min} to ${spec.max}` : '';
};

const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value];

/** How a command says what some options mean to it. Another flag has to be a spelling that the option knows. */
export type Wording = { readonly [K in OptionName]?: { readonly flag?: string; readonly help?: string } };

/** Adds the options of the table, group by group. The advanced ones show only when `all` is set, or when the command has words for them. */
export const addOptions = (command: Command, names: readonly OptionName[] | 'every', all: boolean, wording: Wording = {}): Command => {
  for (const group of GROUPS) {
    for (const [name, spec] of entries) {
      if (spec.group !== group || (names !== 'every' && !names.includes(name))) continue;
      const { flag = spec.flag, help = spec.help + rangeText(spec) + defaultText(spec) } = wording[name] ?? {};
      const option = new Option(flag, help).helpGroup(`${group}:`).hideHelp(!all && spec.advanced === true && wording[name] === undefined);
      if (spec.type === 'texts') option.argParser(collect);
      if (spec.type === 'texts' && option.optional && !option.required) option.preset('default');
      command.addOption(option);
      for (const alias of (spec.aliases ?? []).filter(alias => !flag.includes(alias)))
        command.addOption(new Option(`${alias} ${/<.*>/.exec(spec.flag)?.[0] ?? ''}`.trim()).hideHelp());
    }
  }
  return command;
};

const attribute = (flag: string): string => new Option(flag).attributeName();

/** The values that were typed, as the strongest layer. */
export const flagLayer = (command: Command): Layer => {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of entries) {
    for (const key of [spec.flag, ...(spec.aliases ?? [])].map(attribute)) {
      if (command.getOptionValueSource(key) === 'cli') values[name] = command.getOptionValue(key);
    }
  }
  return { origin: { kind: 'flag' }, values };
};
