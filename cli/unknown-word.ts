// A mistyped command is told from a clip.
import { existsSync } from 'node:fs';
import { UsageError } from '../config/errors.ts';
import { didYouMean } from '../config/suggest.ts';

/**
 * Checks the word that stands where a command or a clip is expected. Flags, and what looks like a path or is one, pass.
 * @throws UsageError with the nearest command
 */
export const refuseUnknownWord = (word: string | undefined, commands: readonly string[]): void => {
  if (word === undefined || !/^\w[\w-]*$/.test(word) || commands.includes(word) || existsSync(word)) return;
  throw new UsageError(
    `There is no such command as ${word}, nor a file of that name.${didYouMean(word, commands)} Commands: ${commands.join(', ')}.`,
  );
};
