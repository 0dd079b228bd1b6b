// `rerender INPUT`: the main job.
import type { Command } from 'commander';
import { UsageError } from '../../config/errors.ts';
import { planRun, rerender } from '../../pipeline/index.ts';
import { perform, type RunFlags } from '../perform.ts';
import { planText } from '../report/text.ts';

export const rerenderClip = async (input: string | undefined, flags: RunFlags & { dryRun?: boolean }, command: Command): Promise<void> => {
  if (input === undefined) {
    throw new UsageError('No input: give a clip, e.g. rerender clip.mp4 --style "a watercolor painting"; --help tells more.');
  }
  await perform(flags, command, async context => {
    if (!flags.dryRun) return rerender({ input, ...context });
    const plan = await planRun({ input, ...context, onEvent: event => event.type === 'warning' && context.onEvent(event) });
    process.stdout.write(flags.json ? `${JSON.stringify(plan, undefined, 2)}\n` : `${planText(plan)}\n`);
    return undefined;
  });
};
