// What every command that runs the pipeline does: gather options, report events, obey signals, tell errors.
import { EXIT } from '../config/errors.ts';
import type { Layer } from '../config/layers.ts';
import { importText } from '../config/rerender-json.ts';
import type { Listener } from '../pipeline/events.ts';
import { codeOf, exitCodeOf, messageOf, Reported } from './failure.ts';
import { Interrupted, interruptible } from './interrupt.ts';
import { makeReporter } from './report/reporter.ts';
import { gatherSources } from './sources.ts';

export type RunFlags = { readonly config?: string; readonly json?: boolean; readonly quiet?: boolean; readonly verbose?: boolean };

/** What a command hands to the library. */
export type RunContext = { readonly layers: readonly Layer[]; readonly onEvent: Listener; readonly signal: AbortSignal };

const AFTER_STEP = 'stopping after this step; once more to leave at once';

/**
 * Runs `work` with a reporter to tell events and a signal to obey; what goes wrong is told once and becomes the exit code.
 * @param stopping what is said at the first Ctrl-C
 */
export const reported = async (
  flags: RunFlags,
  work: (onEvent: Listener, signal: AbortSignal) => Promise<unknown>,
  stopping: string = AFTER_STEP,
): Promise<void> => {
  const reporter = makeReporter({ json: flags.json === true, quiet: flags.quiet === true });
  try {
    await interruptible(
      signal => work(reporter.listen, signal),
      () => process.stderr.write(`\nrerender: ${stopping}\n`),
    );
    reporter.end();
  } catch (error) {
    if (error instanceof Interrupted) {
      reporter.end({
        code: 'INTERRUPTED',
        message: 'interrupted; the same command goes on from the parts that are finished (but not with --no-cache)',
      });
      throw error;
    }
    reporter.end({ code: codeOf(error), message: messageOf(error, flags.verbose === true) });
    throw new Reported(exitCodeOf(error) || EXIT.failure, error);
  }
};

/**
 * Runs a command of the pipeline under the options that flags, environment and config files give.
 * @param typed the flags, as the strongest layer
 * @param work also receives the clip that a config of Rerender A Video names
 * @param stopping what is said at the first Ctrl-C
 */
export const perform = async (
  flags: RunFlags,
  typed: Layer,
  work: (context: RunContext, configInput: string | undefined) => Promise<unknown>,
  stopping?: string,
): Promise<void> => {
  const { layers: below, imported, warnings } = await gatherSources(flags.config, process.env);
  const layers = [typed, ...below];
  if (imported && !flags.quiet && !flags.json) process.stderr.write(`${importText(imported).join('\n')}\n`);
  await reported(
    flags,
    (onEvent, signal) => {
      for (const message of warnings) onEvent({ type: 'warning', message });
      return work({ layers, onEvent, signal }, imported?.input);
    },
    stopping,
  );
};
