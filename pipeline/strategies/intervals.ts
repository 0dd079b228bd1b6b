// The frames between key frames, and which interval gives which of them to the result.
import type { Options } from '../../config/options.ts';
import { chooseKeyframes, type Shot } from '../../stages/shots/keyframes.ts';
import type { Analysis } from '../steps/analysis.ts';
import { listedFrames } from './places.ts';

/** The frames between two neighbouring key frames, both included; a shot of one frame has one interval of one frame. */
export type Interval = { readonly first: number; readonly last: number };

/** The key frames that the options ask for. @throws UsageError for one outside the clip */
export const keyframesOf = (
  shots: readonly Shot[],
  analysis: Analysis,
  options: Pick<Options, 'interval' | 'intervalMin' | 'intervalMax' | 'keyframesAt'>,
): number[] => {
  const listed = listedFrames(options, analysis);
  // The frames at the ends of a shot have a neighbour on one side alone.
  if (listed) return union(listed, ...shots.map(({ first, last }) => [first, last]));
  const { interval, intervalMin, intervalMax } = options;
  return chooseKeyframes(shots, interval === 'auto' ? { least: intervalMin, most: intervalMax } : interval, {
    changes: analysis.changes,
    stops: analysis.dissolves.map(({ first }) => first),
  });
};

/** All frames of some lists, in order. */
export const union = (...lists: readonly Iterable<number>[]): number[] =>
  [...new Set(lists.flatMap(list => [...list]))].sort((a, b) => a - b);

/** The intervals between the key frames of each shot, in order. Together they cover every frame. */
export const intervalsOf = (shots: readonly Shot[], keyframes: readonly number[]): Interval[] =>
  shots.flatMap(shot => {
    const keys = keyframes.filter(k => k >= shot.first && k <= shot.last);
    if (keys.length === 1) return [{ first: keys[0]!, last: shot.last }];
    return keys.slice(1).map((key, i) => ({ first: keys[i]!, last: key }));
  });

/** The frames that an interval contributes to the result: all of a shot's last one, else all but the next key frame. */
export const framesOf = (interval: Interval, shots: readonly Shot[]): Interval => {
  const ends = shots.some(shot => shot.last === interval.last);
  return { first: interval.first, last: ends ? interval.last : interval.last - 1 };
};
