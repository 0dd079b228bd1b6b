// Makes commander's command of one of ours.
import { type Command, Option } from 'commander';
import { OPTION_NAMES } from '../config/layers.ts';
import { readBy, refuseUnread } from '../config/unread.ts';
import type { CommandFlag, CommandSpec } from './command.ts';
import { addForeign, addOptions, flagLayer, type HelpContext } from './flags.ts';

const addOwn = (command: Command, { flag, help, default: value, repeatable, advanced }: CommandFlag, all: boolean): void => {
  if (repeatable) command.option(flag, help, (next: string, earlier: string[]) => [...earlier, next], []);
  else if (advanced) command.addOption(new Option(flag, help).default(value).hideHelp(!all));
  else command.option(flag, help, value);
};

/** The command's name as users type it: `rerender models get`. */
const nameOf = (command: Command): string => `${command.parent ? `${nameOf(command.parent)} ` : ''}${command.name()}`;

/** Describes `command` as `spec` has it, and makes it do what that does, its subcommands too. */
export const build = (command: Command, spec: CommandSpec, context: HelpContext): Command => {
  const { summary, usage, positionals = [], jobs = [], wording, flags = {}, subcommands = [], run } = spec;
  command.description(summary).exitOverride();
  if (usage !== undefined) command.usage(usage);
  for (const { name, help } of positionals) command.argument(name, help);
  const names = readBy(...jobs);
  addOptions(command, names, { ...context, all: context.all || spec.showsAll === true }, wording);
  for (const [heading, own] of Object.entries(flags)) {
    command.optionsGroup(`${heading}:`);
    for (const flag of own) addOwn(command, flag, context.all);
  }
  for (const sub of subcommands) build(command.command(sub.name, { hidden: command.parent === null }), sub, context);
  if (!run) return command;
  const foreign = addForeign(
    command,
    OPTION_NAMES.filter(name => !names.includes(name)),
  );
  return command.action(async () => {
    const layer = flagLayer(command, [...names, ...foreign]);
    if (jobs.length === 0) refuseUnread([layer], [], `\`${nameOf(command)}\``); // jobs check for themselves
    await run({ positionals: command.args, flags: command.opts(), layer });
  });
};
