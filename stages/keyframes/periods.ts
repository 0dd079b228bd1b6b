// Which steps a fusion works at. Steps are counted from 0 of the whole schedule, also where drawing begins later.
import type { Period } from '../../config/option.ts';

/** Whether step i of `steps` lies in [steps a, steps b] of a period [a, b], both ends included; never in an undefined one. */
export const inPeriod = (period: Period | undefined, i: number, steps: number): boolean =>
  period !== undefined && steps * period[0] <= i && i <= steps * period[1];

/** The steps at which pixel-aware fusion mixes: those i with steps a < i < steps b, both ends left out, from `first` on. */
export const mixedSteps = (period: Period | undefined, steps: number, first = 0): number[] =>
  period === undefined
    ? []
    : Array.from({ length: steps }, (_, i) => i).filter(i => i >= first && steps * period[0] < i && i < steps * period[1]);

/**
 * The step at which Rerender replaces what was drawn so far by the noised frame, for its `x0_strength`; -1 for never (pure noise), and
 * `steps` for "returns the frame". s = 1 - x0_strength in double precision, truncated: at 20 steps 0.9 gives 1 and 0.8 gives 3.
 */
export const injectionStep = (steps: number, x0Strength: number): number => {
  const s = 1 - x0Strength;
  if (s < 0 || s > 1) return -1;
  return s === 1 ? steps : Math.trunc(steps * s);
};
