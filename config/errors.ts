// The one base class of every error that a user may see, and the exit codes of the command line.

/** Exit codes of the `rerender` command; stable. */
export const EXIT = { ok: 0, failure: 1, usage: 2, missing: 3, media: 4, hungUp: 129, interrupted: 130, terminated: 143 } as const;

export type ErrorKind = 'failure' | 'usage' | 'missing' | 'media';

const LONGEST = 2000; // characters of a message; files that others wrote have names of any length

/**
 * An error whose message is meant for the user: one sentence that says what was wrong, where, and what to do.
 * `code` is stable and machine-readable; `kind` decides the exit code; `cause` keeps the foreign error.
 */
export class RerenderError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;

  constructor(code: string, kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST)}...` : message, options);
    this.name = new.target.name;
    this.code = code;
    this.kind = kind;
  }

  get exitCode(): number {
    return EXIT[this.kind];
  }
}

/** An option, config key or argument is unknown, out of range or contradicts another. */
export class UsageError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', 'usage', message, options);
  }
}
