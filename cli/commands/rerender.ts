// `rerender INPUT`: the main job.
import { UsageError } from '../../config/errors.ts';
import { MAIN } from '../../config/jobs.ts';
import { type Listener, planRun, rerender } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { perform, type RunFlags } from '../perform.ts';
import { planText } from '../report/text.ts';

export const rerenderCommand = command<RunFlags & { readonly dryRun?: boolean; readonly plan?: string }>({
  name: 'rerender',
  summary: 'Re-renders a video in the style a prompt describes: every frame, with sound and timing, consistent over time.',
  usage: 'INPUT --style PROMPT [options]',
  positionals: [{ name: '[input]', help: 'the clip' }],
  jobs: MAIN,
  flags: {
    Terminal: [
      ...RUN_FLAGS,
      { flag: '--dry-run', help: 'print the plan and stop' },
      { flag: '--plan <file>', help: 'with --dry-run: also write it, .svg as a drawing, .json for other processes (docs/library.md)' },
    ],
  },
  run: ({ positionals: [input, ...more], flags, layer }) =>
    perform(flags, layer, async (context, configInput) => {
      if (more.length > 0) throw new UsageError(`Only one clip is re-rendered at a time: leave out ${more.join(' ')}.`);
      const clip = input ?? configInput;
      if (clip === undefined) {
        throw new UsageError('No input: give a clip, e.g. rerender clip.mp4 --style "a watercolor painting"; --help tells more.');
      }
      if (flags.plan !== undefined && !flags.dryRun) throw new UsageError('--plan goes with --dry-run: give both.');
      if (!flags.dryRun) return rerender({ input: clip, ...context });
      const warnings: Listener = event => event.type === 'warning' && context.onEvent(event);
      const plan = await planRun({ input: clip, ...context, onEvent: warnings }, flags.plan);
      process.stdout.write(flags.json ? `${JSON.stringify(plan, undefined, 2)}\n` : `${planText(plan)}\n`);
      return undefined;
    }),
});
