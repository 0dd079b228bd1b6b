// How much of each frame of a result is the drawing, and how much the source.
import type { Options } from '../../config/options.ts';
import type { FramePart } from './strategy.ts';

type WeightOptions = Pick<Options, 'mix' | 'onlyFade'>;

/** Whether results hold more than drawn frames. */
export const isBlended = ({ mix }: Pick<Options, 'mix'>, only: readonly FramePart[] | undefined): boolean => mix < 1 || only !== undefined;

/**
 * The weight of the drawing by frame, 0..1. Inside the parts that are re-rendered it is `mix`, which rises from 0 over `onlyFade` seconds
 * behind a part's begin and falls likewise before its end, except at the ends of the clip; outside it is 0.
 * @param times seconds at which the frames are shown
 * @param only the parts; undefined for all
 */
export const weightsOf = (times: readonly number[], only: readonly FramePart[] | undefined, { mix, onlyFade }: WeightOptions): number[] => {
  const weights = times.map(() => (only ? 0 : mix));
  for (const { first, last } of only ?? []) {
    const [before, after] = [times[first - 1], times[last + 1]];
    const rise = before === undefined ? 0 : onlyFade + times[first]! - before; // from the last frame that is the source alone
    const fall = after === undefined ? 0 : onlyFade + after - times[last]!;
    for (let i = first; i <= last; i++) {
      const up = rise > 0 ? (times[i]! - before!) / rise : 1;
      const down = fall > 0 ? (after! - times[i]!) / fall : 1;
      weights[i] = mix * Math.min(1, up, down);
    }
  }
  return weights;
};
