// A plan as a drawing: a lane for each step, nodes where their frames are, edges from what is read to what reads it.

import { isTransient } from '../graph/demand.ts';
import type { Plan, PlanNode } from '../graph/plan.ts';
import { STEPS } from '../steps/table.ts';
import { FAINT, rule, svg, text } from '../svg.ts';

const LEFT = 130; // of the first column: the lanes' names stand before it
const TOP = 40;
const LANE = 58;
const NODE = { width: 54, height: 24 };
const GAP = 14; // between nodes of a lane

/** Where a node stands along the clip: at its frame, or in the middle of its frames. */
const placeOf = ({ id, params }: PlanNode): number => {
  const numbers = [params.frame, params.first, params.last].filter((n): n is number => typeof n === 'number');
  const named = [...id.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  const [first = 0, last = first] = numbers.length > 0 ? numbers : named.slice(0, 1);
  return (first + last) / 2;
};

/** What is written into a node: its name without that of its step. */
const labelOf = ({ id, step }: PlanNode): string => (id === step ? '' : id.replace(`${step} `, '').replace('recoloured ', ''));

/** How many steps stand before each, at most: lanes go down along the edges. */
const depths = ({ nodes }: Plan): Map<string, number> => {
  const depth = new Map<string, number>();
  const stepOf = new Map(nodes.map(({ id, step }) => [id, step]));
  for (const { step, inputs } of nodes) {
    const before = Object.values(inputs)
      .flat()
      .map(({ node }) => stepOf.get(node)!)
      .filter(other => other !== step)
      .map(other => 1 + (depth.get(other) ?? 0));
    depth.set(step, Math.max(depth.get(step) ?? 0, ...before));
  }
  return depth;
};

type Spot = { readonly x: number; readonly y: number };

/** Nodes of one lane keep their order and do not overlap. */
const layOut = (plan: Plan, lanes: readonly string[], scale: number): Map<string, Spot> => {
  const spots = new Map<string, Spot>();
  lanes.forEach((lane, row) => {
    let next = LEFT;
    for (const node of plan.nodes.filter(({ step }) => step === lane).sort((a, b) => placeOf(a) - placeOf(b))) {
      const x = Math.max(next, LEFT + placeOf(node) * scale);
      spots.set(node.id, { x, y: TOP + row * LANE });
      next = x + NODE.width + GAP;
    }
  });
  return spots;
};

const box = ({ x, y }: Spot, label: string, transient: boolean): string[] => [
  `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${NODE.width}" height="${NODE.height}" rx="4"` +
    ` fill="${transient ? '#fff' : '#dbe9f6'}" stroke="#6b8fb3"/>`,
  text(x + NODE.width / 2, y + 16, label, 'text-anchor="middle" font-size="11"'),
];

/** Nodes whose results are stored are filled; the others are made when they are read. */
export const planDrawing = (plan: Plan): string => {
  const depth = depths(plan);
  const lanes = [...new Set(plan.nodes.map(({ step }) => step))].sort((a, b) => depth.get(a)! - depth.get(b)!);
  const frames = Math.max(1, ...plan.nodes.map(placeOf));
  const spots = layOut(plan, lanes, Math.max(12, Math.min(40, 1200 / frames)));
  const edges = plan.nodes.flatMap(({ id, inputs }) => {
    const to = spots.get(id)!;
    return Object.values(inputs)
      .flat()
      .map(({ node, output }) => {
        const from = spots.get(node)!;
        const memory = output === 'states' || output === 'clean';
        const [x1, x2] = [from.x + NODE.width / 2, to.x + NODE.width / 2];
        return rule(x1, from.y + NODE.height, x2, to.y, memory ? '#d9822b' : '#9fb3c8', memory ? 'stroke-dasharray="4 3"' : '');
      });
  });
  const width = Math.max(...[...spots.values()].map(({ x }) => x)) + NODE.width + 30;
  const height = TOP + lanes.length * LANE + 24;
  const legend = text(
    16,
    height - 10,
    'filled: stored   white: made when it is read   dashed: attention states and clean latents',
    'fill="#666"',
  );
  return svg(width, height, [
    ...lanes.flatMap((lane, row) => [
      rule(16, TOP + row * LANE + NODE.height / 2, width - 16, TOP + row * LANE + NODE.height / 2, FAINT),
      text(16, TOP + row * LANE - 6, lane, 'font-weight="bold"'),
    ]),
    ...edges,
    ...plan.nodes.flatMap(node => box(spots.get(node.id)!, labelOf(node), isTransient(STEPS, node))),
    legend,
  ]);
};
