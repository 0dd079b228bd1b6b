// How an error is told, and which exit code it has.
import { EXIT, RerenderError } from '../config/errors.ts';

/** An error that the reporter has already told. */
export class Reported extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, cause: unknown) {
    super('reported', { cause });
    this.exitCode = exitCode;
  }
}

export const exitCodeOf = (error: unknown): number => (error instanceof RerenderError ? error.exitCode : EXIT.failure);

export const codeOf = (error: unknown): string => (error instanceof RerenderError ? error.code : 'INTERNAL');

/** One sentence for the terminal; verbose also where it came from. */
export const messageOf = (error: unknown, verbose: boolean): string => {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof RerenderError && !verbose) return error.message;
  const chain = error.cause instanceof Error ? `\ncaused by: ${error.cause.stack}` : '';
  return verbose ? `${error.stack}${chain}` : `unexpected error: ${error.message} (run again with -v for details)`;
};
