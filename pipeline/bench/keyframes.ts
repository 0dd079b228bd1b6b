// Counts the denoising steps of key frames against the published algorithm's, which runs every step of both passes.
import { PRESETS } from '../../config/presets.ts';
import { firstStep } from '../../models/samplers/schedule.ts';
import { planSteps, publishedCounts, stepCounts } from '../../stages/keyframes/work.ts';

/** Steps of an anchor and of a key frame behind it. A step is one guidance pair: two calls of the U-Net, made as one batch here. */
export type StepRow = {
  readonly steps: number;
  /** `noise`: begun at noise alone. */
  readonly strength: number | 'noise';
  readonly anchor: { readonly run: number; readonly published: number };
  readonly key: { readonly run: number; readonly published: number };
};

const CASES: readonly (readonly [steps: number, strength: number | 'noise'])[] = [
  [20, 'noise'],
  [20, 1],
  [20, 0.75],
  [20, 0.5],
  [50, 'noise'],
  [50, 0.75],
  [4, 1],
];

/** With every fusion on, in Rerender's windows. Counted, not timed; that results are equal is tested (test/stages/keyframes). */
export const benchKeyframes = (): StepRow[] => {
  const { maskPeriod } = PRESETS.rerender!;
  const mask = typeof maskPeriod === 'string' ? undefined : maskPeriod;
  return CASES.map(([steps, strength]) => {
    const begin = strength === 'noise' ? strength : firstStep(steps, strength);
    const all = { cross: [0, 1], warp: [0, 0.1], ada: [0.8, 1] } as const;
    const fusion = { ...all, mask, loose: true, maskStrength: 0.5, innerStrength: 0.9, smoothBoundary: true };
    const plan = planSteps({ steps, begin, fusion });
    const [run, published] = [stepCounts(plan), publishedCounts(plan)];
    const row = (who: 'anchor' | 'key') => ({ run: run[who], published: published[who] });
    return { steps, strength, anchor: row('anchor'), key: row('key') };
  });
};
