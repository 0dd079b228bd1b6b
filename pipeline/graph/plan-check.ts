// A plan that comes from elsewhere: every node is one that this program can run, and reads what stands before it.
import { RerenderError } from '../../config/errors.ts';
import { isObject } from '../../config/json.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { NodeRef } from './ref.ts';
import type { StepTable } from './step.ts';

/** A plan that this program cannot run. */
export class PlanError extends RerenderError {
  constructor(reason: string) {
    super('PLAN', 'usage', `The plan cannot be run: ${reason}`);
  }
}

/** The versions of the steps that a plan uses. */
export const versionsOf = ({ nodes }: Plan, steps: StepTable): Record<string, number> =>
  Object.fromEntries([...new Set(nodes.map(({ step }) => step))].map(name => [name, steps[name]?.version ?? 0]));

const isRef = (value: unknown): value is NodeRef => isObject(value) && typeof value.node === 'string' && typeof value.output === 'string';

const checkShape = (node: unknown, i: number): PlanNode => {
  const whole =
    isObject(node) &&
    typeof node.id === 'string' &&
    typeof node.step === 'string' &&
    typeof node.units === 'number' &&
    isObject(node.params) &&
    isObject(node.options) &&
    isObject(node.inputs) &&
    Object.values(node.inputs).every(refs => Array.isArray(refs) && refs.every(isRef));
  if (!whole) throw new PlanError(`node ${i} has not the form of a node.`);
  return node as unknown as PlanNode;
};

/**
 * Checks nodes against the steps of this program.
 * @param versions of the steps where the plan was made
 * @throws PlanError naming the node and what is wrong with it
 */
export const checkNodes = (nodes: readonly unknown[], versions: Readonly<Record<string, unknown>>, steps: StepTable): Plan => {
  const outputs = new Map<string, readonly string[]>();
  for (const node of nodes.map(checkShape)) {
    const step = Object.hasOwn(steps, node.step) ? steps[node.step]! : undefined;
    if (!step) throw new PlanError(`${node.id} is a step ${node.step}, which this program does not have.`);
    const version = versions[node.step];
    if (version !== step.version) {
      throw new PlanError(
        `its step ${node.step} has version ${String(version)}, this program's has version ${step.version}: make the plan anew.`,
      );
    }
    if (outputs.has(node.id)) throw new PlanError(`it has two nodes ${node.id}.`);
    for (const [input, refs] of Object.entries(node.inputs)) {
      const declared = Object.hasOwn(step.inputs, input) ? step.inputs[input]! : undefined;
      if (!declared) throw new PlanError(`${node.id} has an input ${input}, which ${node.step} does not read.`);
      const unknown = refs.find(ref => !outputs.get(ref.node)?.includes(ref.output));
      if (unknown) throw new PlanError(`${node.id} reads ${unknown.output} of ${unknown.node}, which does not stand before it.`);
      if (declared.arity !== 'many' && refs.length > 1) throw new PlanError(`${node.id} has ${refs.length} values for its input ${input}.`);
    }
    const missing = Object.entries(step.inputs).find(([input, { arity }]) => arity === 'one' && node.inputs[input]?.length !== 1);
    if (missing) throw new PlanError(`${node.id} lacks its input ${missing[0]}.`);
    outputs.set(node.id, Object.keys(step.outputs));
  }
  return { nodes: nodes as readonly PlanNode[] };
};

/** Checks that what a plan gives is made by its nodes. @throws PlanError */
export const checkResults = ({ nodes }: Plan, steps: StepTable, results: readonly unknown[]): void => {
  const made = new Map(nodes.map(({ id, step }) => [id, steps[step]!.outputs]));
  for (const ref of results) {
    if (isRef(ref) && Object.hasOwn(made.get(ref.node) ?? {}, ref.output)) continue;
    throw new PlanError(`it gives ${JSON.stringify(ref)}, which no node makes.`);
  }
};
