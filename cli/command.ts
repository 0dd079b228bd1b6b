// The shape of a command: what it is called, what it takes, what it does. cli/build.ts makes commander's objects of these.
import type { Job } from '../config/jobs.ts';
import type { Layer } from '../config/layers.ts';
import type { OptionName } from '../config/options.ts';

/** What a command has to say about some options of the table. Another flag has to be a spelling that the option knows. */
export type Wording = { readonly [K in OptionName]?: { readonly flag?: string; readonly help?: string } };

export type Positional = {
  /** `<source>`, or `[input]` where it may be left out. */
  readonly name: string;
  readonly help: string;
};

/** A flag of the command line itself; the library has no such option. */
export type CommandFlag = {
  readonly flag: string;
  readonly help: string;
  readonly default?: string;
  /** Each further value is added to a list. */
  readonly repeatable?: true;
  /** Shown only by --help-all. */
  readonly advanced?: true;
};

/** How a command was called. */
export type Invocation<Flags> = {
  readonly positionals: readonly string[];
  /** Values of the command's own flags. */
  readonly flags: Flags;
  /** Values of options of the table, as they were typed. */
  readonly layer: Layer;
};

export type CommandSpec<Flags = object> = {
  readonly name: string;
  readonly summary: string;
  /** What --help shows behind the command's name; without it commander's own. */
  readonly usage?: string;
  readonly positionals?: readonly Positional[];
  /** Jobs whose options of the table it takes; every other option is refused with what it belongs to. */
  readonly jobs?: readonly Job[];
  readonly wording?: Wording;
  /** Shows advanced options in --help, as it has few. */
  readonly showsAll?: true;
  /** Its own flags, by the heading under which --help shows them. */
  readonly flags?: Readonly<Record<string, readonly CommandFlag[]>>;
  readonly subcommands?: readonly CommandSpec[];
  /** Absent where the command is but a name for its subcommands. */
  run?(invocation: Invocation<Flags>): Promise<void> | void;
};

/** A command; its flags' types are those that `run` asks for. */
export const command = <Flags>(spec: CommandSpec<Flags>): CommandSpec => spec as CommandSpec;
