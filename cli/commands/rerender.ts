// `rerender INPUT`: the main job.
import type { Command } from 'commander';
import { UsageError } from '../../config/errors.ts';
import { planRun, rerender } from '../../pipeline/index.ts';
import { perform, type RunFlags } from '../perform.ts';
import { planText } from '../report/text.ts';

export const rerenderClip = async (input: string | undefined, flags: RunFlags & { dryRun?: boolean }, command: Command): Promise<void> => {
  await perform(flags, command, async (context, configInput) => {
    const clip = input ?? configInput;
    if (clip === undefined) {
      throw new UsageError('No input: give a clip, e.g. rerender clip.mp4 --style "a watercolor painting"; --help tells more.');
    }
    if (!flags.dryRun) return rerender({ input: clip, ...context });
    const plan = await planRun({ input: clip, ...context, onEvent: event => event.type === 'warning' && context.onEvent(event) });
    process.stdout.write(flags.json ? `${JSON.stringify(plan, undefined, 2)}\n` : `${planText(plan)}\n`);
    return undefined;
  });
};
