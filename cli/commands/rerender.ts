// `rerender INPUT...`: the main job, for one clip or for many.
import { RerenderError, UsageError } from '../../config/errors.ts';
import { MAIN } from '../../config/jobs.ts';
import type { ClipsRequest, Listener } from '../../pipeline/index.ts';
import { AWAY_FLAGS, type AwayFlags, isAway, renderAllAway, renderAway } from '../away.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { collectLess } from '../heap.ts';
import { perform, type RunContext, type RunFlags } from '../perform.ts';
import { clipsPlanText } from '../report/clips-text.ts';
import { planText } from '../report/text.ts';

type Flags = RunFlags & {
  readonly dryRun?: boolean;
  readonly plan?: string;
  readonly recursive?: boolean;
  readonly skipExisting?: boolean;
} & AwayFlags;

const loadPipeline = () => import('../../pipeline/index.ts');

/** Of a dry run only warnings are told beside the plan. */
const warningsTo =
  (listen: Listener): Listener =>
  event =>
    event.type === 'warning' && listen(event);

const print = (flags: Flags, value: unknown, text: string): void => {
  process.stdout.write(`${flags.json ? JSON.stringify(value, undefined, 2) : text}\n`);
};

const one = async (input: string, flags: Flags, context: RunContext): Promise<void> => {
  if (!flags.dryRun) {
    if (isAway(flags)) await renderAway(input, flags, context);
    else await (await loadPipeline()).rerender({ input, ...context });
    return;
  }
  const { planRun } = await loadPipeline();
  const plan = await planRun({ input, ...context, onEvent: warningsTo(context.onEvent) }, flags.plan);
  print(flags, plan, planText(plan));
};

const failed = (count: number, all: number): RerenderError =>
  new RerenderError(
    'CLIPS_FAILED',
    'failure',
    `${count} of ${all} ${all === 1 ? 'clip' : 'clips'} failed; the same command tries again what failed`,
  );

const many = async (inputs: readonly string[], flags: Flags, context: RunContext): Promise<void> => {
  if (flags.plan !== undefined) throw new UsageError('--plan writes the plan of one clip: name one.');
  const request: ClipsRequest = { inputs, recursive: flags.recursive, skipExisting: flags.skipExisting, ...context };
  if (!flags.dryRun) {
    const result = isAway(flags) ? await renderAllAway(request, flags) : await (await loadPipeline()).rerenderAll(request);
    if (result.failed > 0) throw failed(result.failed, result.clips.length);
    return;
  }
  const { planAll } = await loadPipeline();
  const plans = await planAll({ ...request, onEvent: warningsTo(context.onEvent) });
  print(flags, plans, clipsPlanText(plans));
  const refused = plans.filter(plan => 'error' in plan).length;
  if (refused > 0) throw failed(refused, plans.length);
};

export const rerenderCommand = command<Flags>({
  name: 'rerender',
  summary: 'Re-renders a video in the style a prompt describes: every frame, with sound and timing, consistent over time.',
  usage: 'INPUT... --style PROMPT [options]',
  positionals: [{ name: '[input...]', help: "the clip; or several, folders, and patterns such as 'clips/*.mp4'" }],
  jobs: MAIN,
  wording: { output: { help: 'file or folder of the result; without it INPUT.rerender.mp4, beside each clip' } },
  flags: {
    'Several clips': [
      { flag: '--recursive', help: 'look into folders in folders, too' },
      { flag: '--skip-existing', help: 'leave a clip alone whose result is there' },
    ],
    'Many machines': AWAY_FLAGS,
    Terminal: [
      ...RUN_FLAGS,
      { flag: '--dry-run', help: 'print the plan and stop' },
      { flag: '--plan <file>', help: 'with --dry-run: also write it, .svg as a drawing, .json for other processes' },
    ],
  },
  run: ({ positionals, flags, layer }) =>
    perform(flags, layer, async (context, configInput) => {
      const inputs = positionals.length > 0 || configInput === undefined ? positionals : [configInput];
      const [input] = inputs;
      if (input === undefined) {
        throw new UsageError('No input: give a clip, e.g. rerender clip.mp4 --style "a watercolor painting"; --help tells more.');
      }
      if (flags.plan !== undefined && !flags.dryRun) throw new UsageError('--plan goes with --dry-run: give both.');
      collectLess();
      const { namesSeveral } = await loadPipeline();
      const several = flags.recursive || flags.skipExisting || (await namesSeveral(inputs));
      return several ? many(inputs, flags, context) : one(input, flags, context);
    }),
});
