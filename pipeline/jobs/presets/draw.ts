// Draws a frame in one style after the other: the model stays open, and what the styles share is made once.
import type { PartialOptions } from '../../../config/options.ts';
import type { Picture } from '../../../media/frame.ts';
import { stepOf } from '../../graph/key.ts';
import type { PlanNode } from '../../graph/plan.ts';
import type { PlannedClip } from '../../session/plan-file.ts';
import type { Request } from '../../session/request.ts';
import { withScope } from '../../session/scope.ts';
import type { RunHooks } from '../../session/workshop.ts';
import { openClipSession } from '../../session.ts';
import { STEPS } from '../../steps/table.ts';
import type { DrawingOptions } from '../../strategies/strategy.ts';
import type { StageClock } from '../run-times.ts';

/** A style, what asks for it in a session, and what that settles to. */
export type StyledCell = { readonly label: string; readonly asks: PartialOptions; readonly options: DrawingOptions };

export type DrawnCell = { readonly label: string; readonly picture: Picture };

/** Denoising steps, over all styles. */
const stepCounter = (clock: StageClock) => {
  let total = 0;
  let before = 0;
  let cached = 0;
  const isDrawing = (node: PlanNode): boolean => stepOf(STEPS, node).stage === 'keyframes';
  const unitsOf = ({ plan }: PlannedClip): number => plan.nodes.filter(isDrawing).reduce((sum, { units }) => sum + units, 0);
  return {
    /** @param waiting cells of other sessions, which are planned later: they count for as many steps as these on average */
    planned: (plans: readonly PlannedClip[], waiting: number): void => {
      const sums = plans.map(unitsOf);
      const mean = sums.reduce((a, b) => a + b, 0) / sums.length;
      total = before + sums.reduce((a, b) => a + b, 0) + Math.round(mean * waiting);
    },
    hooks: (): RunHooks => ({
      onProgress: (node, done) => {
        if (isDrawing(node)) clock.progress('pictures', before + Math.min(done, node.units), total, 'steps');
      },
      onDone: (node, found) => {
        if (!isDrawing(node)) return;
        before += node.units;
        if (found) cached++;
        clock.progress('pictures', before, total, 'steps', found);
      },
    }),
    end: (): void => clock.done('pictures', cached),
  };
};

/** Draws what one session can. */
const drawGroup = (request: Request, cells: readonly StyledCell[], waiting: number, steps: ReturnType<typeof stepCounter>) =>
  withScope(request.signal, async scope => {
    const session = await openClipSession(request, cells[0]!.options, scope);
    const plans: PlannedClip[] = [];
    for (const { asks } of cells) plans.push(await session.plan(asks));
    steps.planned(plans, waiting);
    const { device } = await session.model();
    const drawn: DrawnCell[] = [];
    for (const [i, planned] of plans.entries()) {
      const picture = await session.workshop.get(planned, planned.keyframes[0]!.picture, steps.hooks());
      drawn.push({ label: cells[i]!.label, picture });
    }
    let source: Picture | undefined;
    for await (const frame of session.source.frames(session.source.size)) source ??= frame;
    return { drawn, device, source: source! };
  });

/**
 * @param request of all cells: the clip, the frame, and options that they share
 * @param groups of cells that one session draws; at least one
 * @returns the pictures in the order of the cells, and the frame that they are drawn after
 */
export const drawStyles = async (request: Request, groups: readonly (readonly StyledCell[])[], clock: StageClock) => {
  const steps = stepCounter(clock);
  const counts = groups.map(({ length }) => length);
  clock.start('pictures');
  const made: Awaited<ReturnType<typeof drawGroup>>[] = [];
  for (const [i, cells] of groups.entries()) {
    const waiting = counts.slice(i + 1).reduce((a, b) => a + b, 0);
    made.push(await drawGroup(request, cells, waiting, steps));
  }
  steps.end();
  const { source, device } = made[0]!;
  return { source, device, drawn: made.flatMap(({ drawn }) => drawn) };
};
