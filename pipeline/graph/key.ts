// The key of an artifact follows from the declaration of its step: nothing is listed by hand a second time.
import { createHash } from 'node:crypto';
import type { OptionName } from '../../config/options.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { NodeRef } from './ref.ts';
import type { Step, StepTable } from './step.ts';

/** What each thing that a session holds is known by: content, not places. JSON. */
export type Identities = Readonly<Record<string, unknown>>;

/** Finds the key of an output. */
export type Keys = (ref: NodeRef) => string;

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`)
    .join(',')}}`;
};

/** The key of what `name` makes from these ingredients; property order does not matter. */
export const artifactKey = (name: string, version: number, ingredients: Readonly<Record<string, unknown>>): string =>
  `${name}-${createHash('sha256').update(canonical({ name, version, ingredients })).digest('hex').slice(0, 40)}`;

const pick = (values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map(name => [name, values[name]]));

/** The step of a node. @throws Error for a step that this program does not have */
export const stepOf = (steps: StepTable, node: PlanNode): Step => {
  const step = steps[node.step];
  if (!step) throw new Error(`there is no step ${node.step}`);
  return step;
};

/**
 * The keys of all outputs of a plan: of step, version, parameters, the options that are read, the keys of the inputs, and the identities of
 * what the step uses.
 */
export const keysOf = (plan: Plan, steps: StepTable, identities: Identities): Keys => {
  const keys = new Map<string, string>();
  const place = ({ node, output }: NodeRef): string => `${node} ${output}`;
  const keyOf: Keys = ref => {
    const key = keys.get(place(ref));
    if (key === undefined) throw new Error(`the plan has no ${ref.output} of ${ref.node} before it is read`);
    return key;
  };
  for (const node of plan.nodes) {
    const { name, version, reads, uses, outputs } = stepOf(steps, node);
    const common = {
      params: node.params,
      options: pick(node.options, reads),
      inputs: Object.fromEntries(Object.entries(node.inputs).map(([input, refs]) => [input, refs.map(keyOf)])),
      uses: pick(identities, uses as readonly string[]),
    };
    for (const [output, { reads: further = [] as readonly OptionName[] }] of Object.entries(outputs)) {
      keys.set(place({ node: node.id, output }), artifactKey(name, version, { ...common, output, further: pick(node.options, further) }));
    }
  }
  return keyOf;
};
