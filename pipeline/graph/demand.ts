// Which nodes of a plan have to run for what is wanted: those whose outputs are neither at hand nor in the store.
import { stepOf } from './key.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { NodeRef } from './ref.ts';
import type { Step, StepTable } from './step.ts';

export type Demand = {
  /** The nodes that have to run, in the plan's order, and which of their outputs are asked for. */
  readonly nodes: ReadonlyMap<PlanNode, ReadonlySet<string>>;
  /** For each of them those that have to be done before. */
  readonly before: ReadonlyMap<PlanNode, readonly PlanNode[]>;
  /** For each that can do something ahead those that have to be done before that. */
  readonly beforeAhead: ReadonlyMap<PlanNode, readonly PlanNode[]>;
};

type DemandOptions = {
  readonly steps: StepTable;
  has(ref: NodeRef): Promise<boolean>;
  /** Steps that run whether or not their outputs are there. */
  forced?(step: Step): boolean;
};

/** Whether a node is made when its readers run, in their place: nothing of it is stored. */
export const isTransient = (steps: StepTable, node: PlanNode): boolean =>
  Object.values(stepOf(steps, node).outputs).every(({ keep }) => keep === 'memory');

export const demandOf = async (plan: Plan, wanted: readonly NodeRef[], { steps, has, forced }: DemandOptions): Promise<Demand> => {
  const nodes = new Map(plan.nodes.map(node => [node.id, node]));
  const asked = new Map<PlanNode, Set<string>>();
  const looked = new Set<PlanNode>();
  const need = async (ref: NodeRef): Promise<void> => {
    const node = nodes.get(ref.node);
    if (!node) throw new Error(`the plan has no node ${ref.node}`);
    const outputs = asked.get(node);
    if (outputs) return void outputs.add(ref.output);
    if (looked.has(node)) return;
    if (isTransient(steps, node)) looked.add(node);
    else if (!forced?.(stepOf(steps, node)) && (await has(ref))) return;
    else asked.set(node, new Set([ref.output]));
    for (const input of Object.values(node.inputs).flat()) await need(input);
  };
  for (const ref of wanted) await need(ref);

  /** Those that have to run among what is read, and among what is made in its place. */
  const prerequisites = (read: readonly NodeRef[]): PlanNode[] =>
    read.flatMap(({ node: id }) => {
      const input = nodes.get(id)!;
      if (asked.has(input)) return [input];
      return isTransient(steps, input) ? prerequisites(Object.values(input.inputs).flat()) : [];
    });
  const inOrder = plan.nodes.filter(node => asked.has(node));
  return {
    nodes: new Map(inOrder.map(node => [node, asked.get(node)!])),
    before: new Map(inOrder.map(node => [node, prerequisites(Object.values(node.inputs).flat())])),
    beforeAhead: new Map(
      inOrder.flatMap(node => {
        const needs = stepOf(steps, node).ahead?.needs;
        return needs ? [[node, prerequisites(needs.flatMap(name => node.inputs[name]!))] as const] : [];
      }),
    ),
  };
};
