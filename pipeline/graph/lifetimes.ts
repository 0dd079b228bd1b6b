// Outputs that are kept until the last step that reads them is done.
import { isTransient } from './demand.ts';
import { stepOf } from './key.ts';
import type { Maker } from './maker.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { NodeRef } from './ref.ts';
import type { StepTable } from './step.ts';

export type Lifetimes = {
  /** A node is done: what it was the last to read goes. */
  done(node: PlanNode): Promise<void>;
  /** Drops everything that no node still has to read. */
  sweep(): Promise<void>;
};

/** Finds the nodes that read an output, or that read what is made of it in their place. */
const readersIn = (plan: Plan, steps: StepTable): ((ref: NodeRef) => PlanNode[]) => {
  const readers = new Map<string, PlanNode[]>();
  const place = ({ node, output }: NodeRef): string => `${node} ${output}`;
  for (const node of plan.nodes) {
    for (const ref of Object.values(node.inputs).flat()) {
      const present = readers.get(place(ref));
      if (present) present.push(node);
      else readers.set(place(ref), [node]);
    }
  }
  const readersOf = (ref: NodeRef): PlanNode[] =>
    (readers.get(place(ref)) ?? []).flatMap(reader => {
      if (!isTransient(steps, reader)) return [reader];
      return Object.keys(stepOf(steps, reader).outputs).flatMap(output => readersOf({ node: reader.id, output }));
    });
  return readersOf;
};

/** Whether a node need not run for its stored values. */
const isMade = async (node: PlanNode, steps: StepTable, { has }: Pick<Maker, 'has'>): Promise<boolean> => {
  for (const [output, { port, keep }] of Object.entries(stepOf(steps, node).outputs)) {
    if (!port.series && keep !== 'memory' && !(await has({ node: node.id, output }))) return false;
  }
  return true;
};

/** @param toRun nodes that this run makes; others count as readers until their own outputs are there */
export const lifetimesOf = async (
  plan: Plan,
  steps: StepTable,
  maker: Pick<Maker, 'has' | 'release'>,
  toRun: ReadonlySet<PlanNode>,
): Promise<Lifetimes> => {
  const outputs = plan.nodes.flatMap(node =>
    Object.entries(stepOf(steps, node).outputs).flatMap(([output, { keep }]) => (keep === 'readers' ? [{ node: node.id, output }] : [])),
  );
  const readersOf = readersIn(plan, steps);
  const made = new Map<PlanNode, boolean>(); // a key frame reads several outputs, and is looked for once
  const pending = new Map<NodeRef, Set<PlanNode>>();
  for (const ref of outputs) {
    const waiting = new Set<PlanNode>();
    for (const reader of readersOf(ref)) {
      if (!made.has(reader)) made.set(reader, !toRun.has(reader) && (await isMade(reader, steps, maker)));
      if (!made.get(reader)) waiting.add(reader);
    }
    pending.set(ref, waiting);
  }
  return {
    done: async node => {
      for (const [ref, waiting] of pending) if (waiting.delete(node) && waiting.size === 0) await maker.release(ref);
    },
    sweep: async () => {
      for (const [ref, waiting] of pending) if (waiting.size === 0) await maker.release(ref);
    },
  };
};
