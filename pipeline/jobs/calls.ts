// Which calls a plan makes, and what they multiply: what fewer steps with guidance save, in numbers.
import type { Options } from '../../config/options.ts';
import type { CallWork } from '../../models/call-work.ts';
import { addCalls, type Calls, callsOf, NO_CALLS } from '../../models/denoise/calls.ts';
import type { StepPlan } from '../../stages/keyframes/work.ts';
import type { PlanNode } from '../graph/plan.ts';
import { samplingOf } from '../steps/sampling.ts';

/** Positions from the first step that runs on: of all passes of a key frame, of the looks at a picture, of a window. */
const positionsOf = ({ step, units }: PlanNode, { steps, first, cross }: StepPlan): readonly (readonly number[])[] => {
  const from = (begin: number, count: number): number[] => Array.from({ length: count }, (_, i) => begin + i);
  if (step === 'recorded') return [cross.map(index => index - first)];
  if (step !== 'keyframe') return [from(0, units)];
  const whole = steps - first;
  return [from(0, whole), from(2 * whole - units, units - whole)]; // the second pass ends where the first does
};

/** Whether a drawing node asks for a guidance pair. */
export const isGuided = ({ options: { cfgScale = 0 } }: PlanNode): boolean => cfgScale > 1;

/** The calls of the U-Net by drawing nodes, each with the denoising steps that `planOf` gives; ControlNets are called beside each. */
export const planCalls = (nodes: readonly PlanNode[], planOf: (node: PlanNode) => StepPlan, options: Options): Calls => {
  const sampling = samplingOf(options);
  return nodes
    .flatMap(node => {
      const plan = planOf(node);
      const savings = { guided: isGuided(node), ...sampling };
      const passes = positionsOf(node, plan);
      const count = node.step === 'keyframe' || node.step === 'recorded' ? plan.steps - plan.first : node.units;
      // A picture that is looked at leaves all states: its noise is another at each step, and nothing is reused. Video models know no
      // shallow call.
      const held = node.step === 'recorded' || node.step === 'window' ? { ...savings, wholeEvery: 1 } : savings;
      return passes.map(positions => callsOf(positions, count, held));
    })
    .reduce(addCalls, NO_CALLS);
};

/** Floating-point operations of calls, given those of a call for a pair and for a half. */
export const flopOf = (calls: Calls, { pair, single }: { readonly pair: CallWork; readonly single: CallWork }): number =>
  calls.pairs * (pair.unet + pair.controls) +
  calls.singles * (single.unet + single.controls) +
  calls.shallowPairs * pair.shallow +
  calls.shallowSingles * single.shallow;
