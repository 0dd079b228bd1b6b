// In which order the nodes of a demand run, and how many at once.
import pLimit, { type LimitFunction } from 'p-limit';
import type { Demand } from './demand.ts';
import { stepOf } from './key.ts';
import type { Begun, Maker } from './maker.ts';
import type { PlanNode } from './plan.ts';
import type { Resource, StepTable } from './step.ts';

export type InOrder = {
  readonly steps: StepTable;
  readonly maker: Pick<Maker, 'ahead'>;
  /** How many nodes of a resource run at once. */
  readonly limits: Readonly<Record<Resource, number>>;
  /** Called at the first failure: what still runs should stop. */
  abort?(reason: unknown): void;
};

/**
 * Runs nodes once those before them are done, in order, as many at once as `limits` say. A place that no node can take goes to what a
 * waiting one can do ahead. Rejects at the first failure, when none runs.
 */
export const runInOrder = async (
  { before, beforeAhead }: Demand,
  perform: (node: PlanNode, begun: Begun | undefined) => Promise<void>,
  { steps, maker, limits, abort }: InOrder,
): Promise<void> => {
  const limit: Record<Resource, LimitFunction> = { inference: pLimit(limits.inference), cpu: pLimit(limits.cpu) };
  const resourceOf = (node: PlanNode): Resource => stepOf(steps, node).resource;
  const waiting = new Set(before.keys());
  const unfinished = new Set(before.keys());
  const notBegun = new Set(beforeAhead.keys());
  const begun = new Map<PlanNode, Promise<Begun | undefined>>();
  const running = new Set<Promise<void>>();
  const busy: Record<Resource, number> = { inference: 0, cpu: 0 };
  const failures: unknown[] = [];
  // No more is handed to a limit than it can run at once: what becomes ready later but stands earlier in the plan goes first.
  const hasPlace = (resource: Resource): boolean => busy[resource] < limits[resource];
  const areDone = (nodes: readonly PlanNode[]): boolean => nodes.every(node => !unfinished.has(node));
  const track = (work: Promise<unknown>): void => {
    const ended = work
      .catch(error => {
        failures.push(error);
        abort?.(error);
      })
      .then(() => void running.delete(ended));
    running.add(ended);
  };
  const occupy = (resource: Resource, work: () => Promise<unknown>): void => {
    busy[resource]++;
    track(limit[resource](work).finally(() => busy[resource]--));
  };
  const start = (node: PlanNode): void => {
    waiting.delete(node);
    notBegun.delete(node);
    const made = begun.get(node);
    begun.delete(node);
    occupy(resourceOf(node), async () => {
      await perform(node, await made);
      unfinished.delete(node);
    });
  };
  const isBeside = (node: PlanNode): boolean => stepOf(steps, node).ahead?.beside === true;
  // What is had ahead is held until its node runs: for as many nodes of a resource as can run next.
  const mayBegin = (node: PlanNode): boolean => {
    const resource = resourceOf(node);
    const held = [...begun.keys()].filter(other => resourceOf(other) === resource).length;
    return held < limits[resource] && (isBeside(node) || hasPlace(resource));
  };
  const begin = (node: PlanNode): void => {
    notBegun.delete(node);
    const made = maker.ahead(node);
    begun.set(node, made);
    if (isBeside(node)) track(made);
    else occupy(resourceOf(node), () => made);
  };
  while (unfinished.size > 0 && failures.length === 0) {
    for (const node of waiting) if (hasPlace(resourceOf(node)) && areDone(before.get(node)!)) start(node);
    for (const node of notBegun) if (mayBegin(node) && areDone(beforeAhead.get(node)!)) begin(node);
    await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
};
