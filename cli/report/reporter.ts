// Chooses how events are shown: redrawn bars on a terminal, plain lines when piped, JSON lines on request.
import type { Listener } from '../../pipeline/events.ts';
import { jsonReporter } from './json.ts';
import { plainReporter } from './plain.ts';
import { terminalReporter } from './terminal.ts';

export type Reporter = {
  readonly listen: Listener;
  /** Ends what is being redrawn, and says what went wrong if something did. */
  end(failure?: Failure): void;
};

/** An error as it is told: its stable code and one sentence. */
export type Failure = { readonly code: string; readonly message: string };

export type ReportMode = { readonly json: boolean; readonly quiet: boolean };

/** Data goes to stdout (JSON lines only); everything for people goes to stderr. */
export const makeReporter = ({ json, quiet }: ReportMode): Reporter => {
  if (json) return jsonReporter(line => process.stdout.write(line));
  const { stderr, env } = process;
  const live = stderr.isTTY && !env.CI && env.TERM !== 'dumb';
  if (quiet || !live) return plainReporter(text => stderr.write(text), quiet);
  return terminalReporter(stderr);
};
