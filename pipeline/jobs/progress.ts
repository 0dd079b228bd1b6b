// The progress of a run by stages, from the nodes of its plan.
import type { Options } from '../../config/options.ts';
import type { StageName } from '../events.ts';
import { stepOf } from '../graph/key.ts';
import type { PlanNode } from '../graph/plan.ts';
import type { Step } from '../graph/step.ts';
import type { RunHooks } from '../session/workshop.ts';
import { STEPS } from '../steps/table.ts';
import type { StageClock } from './run-times.ts';

type Stage = NonNullable<Step['stage']>;

/** Stages in the order of a run; those of one number stand for each other. */
const ORDER: Readonly<Record<Stage, number>> = { shots: 0, keyframes: 1, windows: 2, pictures: 2, propagate: 2 };

/** What a stage is called in events, and what it counts. */
const SHOWN: Readonly<Record<Stage, { readonly stage: StageName; readonly unit: string }>> = {
  shots: { stage: 'analyse', unit: 'frames' },
  keyframes: { stage: 'keyframes', unit: 'steps' },
  windows: { stage: 'windows', unit: 'steps' },
  pictures: { stage: 'pictures', unit: 'steps' },
  propagate: { stage: 'propagate', unit: 'intervals' },
};

/**
 * Which steps `--force STAGE` makes anew: those of the stage and those behind it; of shots those alone, as the rest follows from what is
 * seen.
 */
export const forcedBy = (force: Options['force']): ((step: Step) => boolean) => {
  if (force === undefined) return () => false;
  if (force === 'shots') return ({ stage }) => stage === 'shots';
  return ({ stage = 'propagate' }) => ORDER[stage] >= ORDER[force];
};

/** Whether a step is run before a run that stops after a stage. */
export const isWithin = (step: Step, stopAfter: NonNullable<Options['stopAfter']>): boolean =>
  step.stage !== undefined && ORDER[step.stage] <= ORDER[stopAfter];

const stageOf = (node: PlanNode): Stage | undefined => stepOf(STEPS, node).stage;

/** What a node counts for in the progress of its stage. */
export const countOf = ({ units }: PlanNode): number => Math.max(1, units);

/** Counts the units of a stage; within a node the count moves on with what the node tells. */
const stageCounter = (clock: StageClock, name: Stage, nodes: readonly PlanNode[]) => {
  const { stage, unit } = SHOWN[name];
  const total = nodes.reduce((sum, node) => sum + countOf(node), 0);
  const within = new Map<PlanNode, number>(); // of those that run
  let finished = 0;
  let done = 0;
  let cached = 0;
  let begun = false;
  let last = 0;
  const tell = (kept: boolean): void => {
    const running = [...within.values()].reduce((sum, units) => sum + units, 0);
    const now = Math.min(total, done + running);
    if (now !== last) clock.progress(stage, now, total, unit, kept); // the end of a node is that of its last step
    last = now;
  };
  const start = (): void => {
    if (!begun) clock.start(stage);
    begun = true;
  };
  return {
    start,
    progress: (node: PlanNode, units: number): void => {
      within.set(node, Math.min(units, node.units));
      tell(false);
    },
    done: (node: PlanNode, found: boolean): void => {
      start();
      within.delete(node);
      done += countOf(node);
      if (found) cached += 1;
      tell(found);
      if (++finished === nodes.length) clock.done(stage, cached);
    },
  };
};

/** Tells a clock of the nodes that are wanted, stage by stage. */
export const stageHooks = (
  clock: StageClock,
  wanted: readonly PlanNode[],
): Required<Pick<RunHooks, 'onStart' | 'onDone' | 'onProgress'>> => {
  const counters = new Map<Stage, ReturnType<typeof stageCounter>>();
  for (const stage of new Set(wanted.flatMap(node => stageOf(node) ?? []))) {
    const nodes = wanted.filter(node => stageOf(node) === stage);
    counters.set(stage, stageCounter(clock, stage, nodes));
  }
  const counterOf = (node: PlanNode) => {
    const stage = stageOf(node);
    return stage && counters.get(stage);
  };
  return {
    onStart: node => counterOf(node)?.start(),
    onProgress: (node, done) => counterOf(node)?.progress(node, done),
    onDone: (node, found) => counterOf(node)?.done(node, found),
  };
};

/** Tells a clock of the pass that looks through a clip; what an earlier run has seen takes no time. */
export const surveyHooks = (clock: StageClock): RunHooks => ({
  onStart: () => clock.start('analyse'),
  onProgress: (_, done, total = done) => clock.progress('analyse', done, total, 'frames'),
  onDone: (_, found) => {
    if (!found) clock.done('analyse');
  },
});
