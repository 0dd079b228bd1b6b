// Windows of a video model: every frame is drawn, and each window goes on from the one before.
import { stepsAtStrength } from '../../models/samplers/schedule.ts';
import type { Tensor } from '../../models/tensor.ts';
import { shotsOf } from '../../stages/shots/keyframes.ts';
import { windowsOf } from '../../stages/windows/windows.ts';
import { planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import type { Analysis } from '../steps/analysis.ts';
import { decoded, window } from '../steps/window.ts';
import { conditioningOf } from './drawn-from.ts';
import type { ClipPlan, DrawingOptions, Part } from './strategy.ts';

export const planWindows = (options: DrawingOptions, survey: Analysis): ClipPlan => {
  const shots = shotsOf(survey.times.length, survey.cuts);
  const plan = planner(options);
  const overlap = options.windowOverlap;
  let before: Ref<Tensor> | undefined;
  const parts = windowsOf(shots, { length: options.window, overlap }).map(({ first, last, shared, from, to }): Part => {
    const { latents } = plan.add(window, {
      id: `window ${first}-${last}`,
      params: { first, last, ...(shared > 0 && { carry: { shared, overlap } }) },
      inputs: { conditioning: conditioningOf(plan), before: shared > 0 ? before : undefined },
      units: stepsAtStrength(options.steps, options.strength, options.strengthSteps),
    });
    before = latents;
    const { pictures } = plan.add(decoded, {
      id: `decoded ${from}-${to}`,
      params: { first: from - first, last: to - first },
      inputs: { latents },
    });
    return { first: from, last: to, pictures };
  });
  return { strategy: 'windows', plan: plan.plan, shots, keyframes: [], parts };
};
