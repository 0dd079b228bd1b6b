#!/usr/bin/env node
// The `rerender` command: arguments in, exit code out.
import { CommanderError } from 'commander';
import { joinAnchor } from '../config/anchor.ts';
import { EXIT } from '../config/errors.ts';
import { exitCodeOf, messageOf, Reported } from './failure.ts';
import { Interrupted } from './interrupt.ts';
import { makeProgram } from './program.ts';

const run = async (argv: readonly string[]): Promise<number> => {
  try {
    await makeProgram(argv.includes('--help-all')).parseAsync(
      joinAnchor(argv).map(a => (a === '--help-all' ? '--help' : a)),
      { from: 'user' },
    );
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander has printed it
    if (error instanceof Interrupted) return error.exitCode;
    if (error instanceof Reported) return error.exitCode;
    process.stderr.write(`rerender: ${messageOf(error, argv.includes('-v') || argv.includes('--verbose'))}\n`);
    return exitCodeOf(error);
  }
};

process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(EXIT.ok); // the reader of `rerender ... | head` has left
  throw error;
});
process.exitCode = await run(process.argv.slice(2));
