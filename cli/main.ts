#!/usr/bin/env node
// The `rerender` command: arguments in, exit code out.
import { CommanderError } from 'commander';
import { joinAnchor } from '../config/anchor.ts';
import { EXIT } from '../config/errors.ts';
import { COMMAND_NAMES } from './commands.ts';
import { exitCodeOf, messageOf, Reported } from './failure.ts';
import { helpContext } from './help-context.ts';
import { Interrupted } from './interrupt.ts';
import { prepareToLeave } from './leave.ts';
import { makeProgram } from './program.ts';
import { watchStreams } from './streams.ts';
import { refuseUnknownWord } from './unknown-word.ts';

const verbose = (argv: readonly string[]): boolean => argv.includes('-v') || argv.includes('--verbose');

const tell = (sentence: string): void => {
  process.stderr.write(`rerender: ${sentence}\n`);
};

const run = async (argv: readonly string[]): Promise<number> => {
  try {
    refuseUnknownWord(argv[0], COMMAND_NAMES); // before its flags, which commander reads first
    await makeProgram(await helpContext(argv, process.env)).parseAsync(
      joinAnchor(argv).map(a => (a === '--help-all' ? '--help' : a)),
      { from: 'user' },
    );
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander has printed it
    if (error instanceof Interrupted) return error.exitCode;
    if (error instanceof Reported) return error.exitCode;
    tell(messageOf(error, verbose(argv)));
    return exitCodeOf(error);
  }
};

const argv = process.argv.slice(2);
const leave = prepareToLeave();
const streams = watchStreams();
process.on('uncaughtException', error => {
  if (process.listenerCount('uncaughtException') > 1) return; // a command that runs tells it itself
  tell(messageOf(error, verbose(argv)));
  leave(exitCodeOf(error));
});
const exitCode = await run(argv);
const lost = await streams.flush();
if (lost) tell(`stdout took less than it was given (${lost.code ?? lost.message}): free its device or name another.`);
leave(lost && exitCode === EXIT.ok ? EXIT.failure : exitCode);
