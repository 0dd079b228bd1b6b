// Which frames a video model draws together: windows over each shot that overlap, and how one goes over into the next.
import type { Shot } from '../shots/keyframes.ts';

/** A run of frames of one shot that is drawn as one clip, both ends included. */
export type Window = {
  readonly first: number;
  readonly last: number;
  /** Frames at its beginning that the window before it drew, too; 0 where a shot begins. */
  readonly shared: number;
  /** The frames of the result that it is responsible for, both included. */
  readonly from: number;
  readonly to: number;
};

/** How long windows are, and how far they overlap. */
export type WindowOptions = {
  /** Frames a window. */
  readonly length: number;
  /** Frames that neighbours share at least, less than `length`. */
  readonly overlap: number;
};

/** Frames over which one window goes over into the next: the second half of the overlap. The first half is the new window's context. */
export const rampOf = (overlap: number): number => Math.ceil(overlap / 2);

/** First frames of the windows of a shot: steps of length - overlap; the last one is moved back, so that it is as long as the others. */
const starts = ({ first, last }: Shot, { length, overlap }: WindowOptions): number[] => {
  const latest = Math.max(first, last - length + 1);
  const count = Math.ceil((latest - first) / (length - overlap)) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(first + i * (length - overlap), latest));
};

/**
 * The windows of a clip's shots, in order. None crosses a cut; a shot shorter than a window is one window of its own length. The ranges
 * `from`..`to` cover every frame once: a window answers for its frames up to where the next one begins to be blended in.
 * @throws RangeError for an overlap that is not less than the length
 */
export const windowsOf = (shots: readonly Shot[], options: WindowOptions): Window[] => {
  const { length, overlap } = options;
  if (!(length >= 1 && overlap >= 0 && overlap < length)) {
    throw new RangeError(`windows: the overlap must be less than the length, got ${overlap} of ${length}`);
  }
  return shots.flatMap(shot => {
    const firsts = starts(shot, options);
    const lastOf = (first: number): number => Math.min(first + length - 1, shot.last);
    const shared = firsts.map((first, i) => (i === 0 ? 0 : lastOf(firsts[i - 1]!) - first + 1));
    const from = firsts.map((first, i) => first + Math.max(0, shared[i]! - rampOf(overlap)));
    return firsts.map((first, i) => ({
      first,
      last: lastOf(first),
      shared: shared[i]!,
      from: from[i]!,
      to: (from[i + 1] ?? shot.last + 1) - 1,
    }));
  });
};

/**
 * How much the window before has to say about each of the shared frames: all of the first ones, then less and less over the ramp,
 * (ramp - i) / (ramp + 1), so that no frame is a leap from its neighbour.
 */
export const carryWeights = (shared: number, overlap: number): number[] =>
  Array.from({ length: shared }, (_, i) => Math.min(1, (shared - i) / (rampOf(overlap) + 1)));
