// The frames between key frames, and which interval gives which of them to the result.
import type { Options } from '../../config/options.ts';
import { chooseKeyframes, type Shot } from '../../stages/shots/keyframes.ts';
import type { Survey } from '../../stages/shots/survey.ts';

/** The frames between two neighbouring key frames, both included; a shot of one frame has one interval of one frame. */
export type Interval = { readonly first: number; readonly last: number };

/** The key frames that the options ask for. */
export const keyframesOf = (
  shots: readonly Shot[],
  { changes, dissolves }: Survey,
  { interval, intervalMin, intervalMax }: Pick<Options, 'interval' | 'intervalMin' | 'intervalMax'>,
): number[] =>
  chooseKeyframes(shots, interval === 'auto' ? { least: intervalMin, most: intervalMax } : interval, {
    changes,
    stops: dissolves.map(({ first }) => first),
  });

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
