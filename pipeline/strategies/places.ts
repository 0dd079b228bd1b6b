// Frames that options name: by number, or by the time at which they are shown.
import { parseAnchor } from '../../config/anchor.ts';
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { type Place, parseKeyframeSeed, parseKeyframesAt } from '../../config/place.ts';
import type { Shot } from '../../stages/shots/keyframes.ts';
import type { Analysis } from '../steps/analysis.ts';

/** What is known of a run's frames: the seconds at which each is shown, and how long the last one is. */
export type FrameTimes = Pick<Analysis, 'times' | 'lastFrame'>;

/** The frame of a place. @param flag as the user wrote it @throws UsageError outside the run */
export const frameAt = (flag: string, place: Place, { times, lastFrame }: FrameTimes): number => {
  const last = times.length - 1;
  if ('frame' in place) {
    if (place.frame <= last) return place.frame;
    throw new UsageError(`${flag}: there is no frame ${place.frame}; this run has 0 to ${last}, counted from where it begins.`);
  }
  const frame = times.findLastIndex(time => time <= place.time + 1e-6);
  if (frame >= 0 && place.time < times[last]! + lastFrame) return frame;
  const [from, to] = [times[0]!, times[last]! + lastFrame].map(time => time.toFixed(2));
  throw new UsageError(`${flag}: nothing of this run is shown at ${place.time} s; its frames are shown from ${from} to ${to} s.`);
};

/** The frames of `--keyframes-at`; undefined where `--interval` places key frames. @throws UsageError outside the run */
export const listedFrames = ({ keyframesAt }: Pick<Options, 'keyframesAt'>, seen: FrameTimes): readonly number[] | undefined =>
  parseKeyframesAt(keyframesAt)?.map(place => frameAt(`--keyframes-at ${keyframesAt}`, place, seen));

/** The seeds of `--keyframe-seed` by their frames. @throws UsageError outside the run, and for two seeds of one frame */
export const seedsOf = ({ keyframeSeed }: Pick<Options, 'keyframeSeed'>, seen: FrameTimes): ReadonlyMap<number, number> => {
  const seeds = new Map<number, number>();
  for (const { place, seed, text } of keyframeSeed.map(parseKeyframeSeed)) {
    const frame = frameAt(`--keyframe-seed ${text}`, place, seen);
    if (seeds.has(frame)) throw new UsageError(`--keyframe-seed has two seeds for frame ${frame}: leave one of them out.`);
    seeds.set(frame, seed);
  }
  return seeds;
};

/** The frames that `--anchor` makes anchors of their shots. @throws UsageError outside the run, and for two of one shot */
export const chosenAnchors = ({ anchor }: Pick<Options, 'anchor'>, seen: FrameTimes, shots: readonly Shot[]): readonly number[] => {
  const frames = parseAnchor(anchor).at.map(place => frameAt(`--anchor ${anchor}`, place, seen));
  for (const { first, last } of shots) {
    const inside = [...new Set(frames)].filter(frame => frame >= first && frame <= last);
    if (inside.length < 2) continue;
    throw new UsageError(`--anchor ${anchor}: frames ${inside.join(' and ')} lie in one shot, ${first}-${last}: name one of them.`);
  }
  return frames;
};
