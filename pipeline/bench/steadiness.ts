// How steady a sequence of pictures is along the motion of its source: the measures of `rerender metrics`, averaged.
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { type Both, type FrameMeasure, measureFrame } from '../../stages/metrics/measure.ts';

/** Of the pictures (`output`) and of the frames that they were made from (`source`). Units: docs/metrics.md. */
export type Steadiness = { readonly warpError: Both; readonly flicker: Both };

/** Mean over the frames that have the measure; not a number where none has. */
const mean = (measures: readonly FrameMeasure[], name: keyof Steadiness): Both => {
  const present = measures.map(measure => measure[name]).filter(value => value !== undefined);
  const of = (side: keyof Both): number => present.reduce((sum, value) => sum + value[side], 0) / present.length;
  return { output: of('output'), source: of('source') };
};

/** @param flows between neighbours of `frames`, one fewer than there are frames; no cut lies between them */
export const steadiness = (pictures: readonly Picture[], frames: readonly Picture[], flows: readonly FlowPair[]): Steadiness => {
  const couple = (n: number) => ({ source: frames[n]!, output: pictures[n]! });
  const measures = pictures.map((_, n) => {
    const [past, next] = [flows[n - 1], flows[n]];
    return measureFrame({
      at: couple(n),
      before: past && { ...couple(n - 1), motion: { ...past, flow: past.backward, hidden: past.hiddenInFirst } },
      after: next && { ...couple(n + 1), motion: { ...next, flow: next.forward, hidden: next.hiddenInSecond } },
    });
  });
  return { warpError: mean(measures, 'warpError'), flicker: mean(measures, 'flicker') };
};
