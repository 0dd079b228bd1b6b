// A part of a clip with nothing left open, checked against the clip.
import { UsageError } from '../config/errors.ts';
import { checkRange, type Range } from '../config/range.ts';

/** A range with nothing left open: seconds, and frame numbers, last one included. */
export type Span = { readonly start: number; readonly end: number; readonly first: number; readonly last: number };

/** Times are compared with this slack, seconds: 1.2 s means the frame at 1.2 s although neither is exact in binary. */
export const TIME_SLACK = 1e-6;

/**
 * Resolves a range.
 * @param duration seconds of the clip, when known: a start behind it is refused before anything is decoded
 * @throws UsageError when it contradicts itself or lies outside the clip
 */
export const resolveRange = (range: Range = {}, duration?: number): Span => {
  checkRange(range);
  const { start, end, frames } = range;
  if (frames) return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, first: frames[0], last: frames[1] };
  const to = end ?? (range.duration === undefined ? Number.POSITIVE_INFINITY : (start ?? 0) + range.duration);
  if (duration !== undefined && start !== undefined && start >= duration) {
    throw new UsageError(`--start ${start} lies behind the end of the clip, which is ${duration.toFixed(3)} s long`);
  }
  return { start: start ?? Number.NEGATIVE_INFINITY, end: to, first: 0, last: Number.POSITIVE_INFINITY };
};
