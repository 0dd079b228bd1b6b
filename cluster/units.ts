// A plan taken apart into units: what one worker does without asking others. Pure.

import { isTransient } from '../pipeline/graph/demand.ts';
import { artifactKey, type Keys, keysOf, stepOf } from '../pipeline/graph/key.ts';
import type { PlanNode } from '../pipeline/graph/plan.ts';
import type { NodeRef } from '../pipeline/graph/ref.ts';
import { countOf, isWithin } from '../pipeline/jobs/progress.ts';
import type { PlannedClip } from '../pipeline/session/plan-file.ts';
import { STEPS } from '../pipeline/steps/table.ts';

export type UnitStage = 'keyframes' | 'windows' | 'propagate' | 'encode';

export type Unit = {
  /** The key of what it makes, and the name of its workflow. */
  readonly id: string;
  readonly stage: UnitStage;
  readonly resource: 'inference' | 'cpu' | 'encode';
  /** For people: `key frames 0-40`. */
  readonly title: string;
  /** What it makes, in the order in which it is made, and the keys. */
  readonly wanted: readonly NodeRef[];
  readonly keys: readonly string[];
  /** Keys that have to lie in the store before it may begin. */
  readonly needs: readonly string[];
  /** Nodes that count in the progress of its stage: what draws on the way, too, such as the first of two styles. */
  readonly counted: readonly PlanNode[];
  /** What they count for. */
  readonly size: number;
};

const counting = (counted: readonly PlanNode[]) => ({ counted, size: counted.reduce((sum, node) => sum + countOf(node), 0) });

const idOf = (keys: readonly string[]): string => (keys.length === 1 ? keys[0]! : artifactKey('unit', 1, { keys }));

/** Finds what of a node's inputs, and of those that are made in its place, lies in a store for good. */
const storedBefore = (nodes: ReadonlyMap<string, PlanNode>) => {
  const before = (node: PlanNode): NodeRef[] =>
    Object.values(node.inputs)
      .flat()
      .flatMap(ref => {
        const input = nodes.get(ref.node)!;
        if (isTransient(STEPS, input)) return before(input);
        return stepOf(STEPS, input).outputs[ref.output]!.keep === 'readers' ? [] : [ref];
      });
  return before;
};

/** What draws key frames among these nodes and all that they are made from. */
const drawnWith = (wanted: readonly NodeRef[], nodes: ReadonlyMap<string, PlanNode>): PlanNode[] => {
  const found = new Set<PlanNode>();
  const visit = ({ node: id }: NodeRef): void => {
    const node = nodes.get(id)!;
    if (found.has(node)) return;
    found.add(node);
    for (const ref of Object.values(node.inputs).flat()) visit(ref);
  };
  wanted.forEach(visit);
  return [...found].filter(node => stepOf(STEPS, node).stage === 'keyframes');
};

/** The key frames of a shot: each looks at those before, whose attention states stay on the machine that drew them. */
const chains = ({ shots, keyframes }: PlannedClip, nodes: ReadonlyMap<string, PlanNode>, keys: Keys): Unit[] =>
  shots.flatMap((shot): Unit[] => {
    const drawn = keyframes.filter(({ frame }) => frame >= shot.first && frame <= shot.last);
    if (drawn.length === 0) return [];
    const wanted = drawn.map(({ picture }) => picture);
    const made = wanted.map(keys);
    const [first, last] = [drawn[0]!.frame, drawn.at(-1)!.frame];
    return [
      {
        id: idOf(made),
        stage: 'keyframes',
        resource: 'inference',
        title: first === last ? `key frame ${first}` : `key frames ${first}-${last}`,
        wanted,
        keys: made,
        needs: [],
        ...counting(drawnWith(wanted, nodes)),
      },
    ];
  });

/**
 * The units of a plan, in the order in which their results are wanted: for each shot a chain of key frames, then its intervals; or windows.
 * The encode is none of them: it is one for the whole job.
 */
export const unitsOf = (planned: PlannedClip): Unit[] => {
  const keys = keysOf(planned.plan, STEPS, planned.leaves);
  const nodes = new Map(planned.plan.nodes.map(node => [node.id, node]));
  const before = storedBefore(nodes);
  const parts = planned.parts.map(({ pictures, first, last }): Unit => {
    const node = nodes.get(pictures.node)!;
    const windows = before(node).filter(ref => nodes.get(ref.node)!.step === 'window');
    const drawn = planned.strategy === 'windows';
    const wanted = drawn ? [...windows, pictures] : [pictures];
    const made = wanted.map(keys);
    return {
      id: idOf(made),
      stage: drawn ? 'windows' : 'propagate',
      resource: drawn ? 'inference' : 'cpu',
      title: `${drawn ? 'window' : 'frames'} ${first}-${last}`,
      wanted,
      keys: made,
      needs: (drawn ? windows.flatMap(ref => before(nodes.get(ref.node)!)) : before(node)).map(keys),
      ...counting((drawn ? windows : wanted).map(ref => nodes.get(ref.node)!)),
    };
  });
  return [...chains(planned, nodes, keys), ...parts];
};

/** Of the units of a plan those that are made: all, or those up to the stage that it stops after. */
export const madeUnits = (planned: PlannedClip): Unit[] => {
  const { stopAfter } = planned.options;
  if (stopAfter === undefined) return unitsOf(planned);
  const nodes = new Map(planned.plan.nodes.map(node => [node.id, node]));
  return unitsOf(planned).filter(({ wanted }) => wanted.every(({ node }) => isWithin(stepOf(STEPS, nodes.get(node)!), stopAfter)));
};

/** The queue of a unit. What draws is taken by devices of the kind that the plan was made for: last bits differ between kinds. */
export const queueOf = ({ resource }: Pick<Unit, 'resource'>, device: string): string =>
  resource === 'inference' ? `inference.${device}` : resource;
