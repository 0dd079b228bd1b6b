// A plan is data: nodes that name a step, its parameters, the options that it reads, and whose outputs are its inputs.
import type { OptionName, Options } from '../../config/options.ts';
import type { NodeRef } from './ref.ts';
import type { Inputs, OutputRefs, Outputs, Params, RefsOf, StepOf } from './step.ts';

export type PlanNode = {
  readonly id: string;
  readonly step: string;
  /** What tells it from other nodes of the step; part of its key. */
  readonly params: Params;
  /** The options that the step and its outputs read. */
  readonly options: Readonly<Partial<Options>>;
  readonly inputs: Readonly<Record<string, readonly NodeRef[]>>;
  /** What it counts for in the progress of its stage. */
  readonly units: number;
};

/** Nodes stand behind those that they read, in the order in which their results are wanted. */
export type Plan = { readonly nodes: readonly PlanNode[] };

type Given<P, I extends Inputs> = {
  readonly id: string;
  readonly params: P;
  readonly inputs: RefsOf<I>;
  /** Default 1. */
  readonly units?: number;
};

export type Planner = {
  /** Adds a node, or finds the one with this id. Returns what stands for its outputs. */
  add<P extends Params, I extends Inputs, O extends Outputs, R extends OptionName, Held, U extends keyof Held>(
    step: StepOf<Held, P, I, O, R, U>,
    node: Given<P, I>,
    options?: Partial<Options>,
  ): OutputRefs<O>;
  /** Adds to the same plan; what is changed here holds for the nodes that are added by it. */
  with(changes: Partial<Options>): Planner;
  readonly plan: Plan;
};

const refList = (value: unknown): readonly NodeRef[] => (value === undefined ? [] : Array.isArray(value) ? value : [value as NodeRef]);

/** @param options of the run; a node may have others */
export const planner = (options: Options): Planner => plannerOn(options, [], new Set());

const plannerOn = (options: Options, nodes: PlanNode[], ids: Set<string>): Planner => ({
  add: (step, { id, params, inputs, units = 1 }, changed = {}) => {
    if (!ids.has(id)) {
      ids.add(id);
      const reads = [...step.reads, ...Object.values(step.outputs).flatMap(output => output.reads ?? [])];
      const values: Partial<Options> = { ...options, ...changed };
      nodes.push({
        id,
        step: step.name,
        params,
        options: Object.fromEntries(reads.map(name => [name, values[name]])),
        inputs: Object.fromEntries(Object.entries(inputs).map(([name, refs]) => [name, refList(refs)])),
        units,
      });
    }
    const outputs = Object.keys(step.outputs).map(output => [output, { node: id, output }]);
    return Object.fromEntries(outputs) as OutputRefs<typeof step.outputs>;
  },
  with: changes => plannerOn({ ...options, ...changes }, nodes, ids),
  plan: { nodes },
});
