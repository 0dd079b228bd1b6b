// Which part of a clip is meant: times or frame numbers, checked against the clip.
import { UsageError } from '../config/errors.ts';

/** A part of a clip; everything is optional and the whole clip is the default. */
export type Range = {
  /** Seconds since the start of the clip; frames shown at or after it are in. */
  readonly start?: number | undefined;
  /** Seconds since the start of the clip; frames shown before it are in. */
  readonly end?: number | undefined;
  /** Seconds; instead of `end`. */
  readonly duration?: number | undefined;
  /** First and last frame by number, both in, counted from 0; instead of times. */
  readonly frames?: readonly [first: number, last: number] | undefined;
};

/** The same with nothing left open. */
export type Span = { readonly start: number; readonly end: number; readonly first: number; readonly last: number };

/** Times are compared with this slack, seconds: 1.2 s means the frame at 1.2 s although neither is exact in binary. */
export const TIME_SLACK = 1e-6;

/**
 * Resolves a range.
 * @param duration seconds of the clip, when known: a start behind it is refused before anything is decoded
 * @throws UsageError when it contradicts itself or lies outside the clip
 */
export const resolveRange = (range: Range = {}, duration?: number): Span => {
  const { start, end, frames } = range;
  if (frames && (start !== undefined || end !== undefined || range.duration !== undefined)) {
    throw new UsageError('--frames cannot be combined with --start, --end or --duration: use one of the two');
  }
  if (frames) {
    const [first, last] = frames;
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last < first) {
      throw new UsageError(`--frames ${first}-${last} is no range: give two frame numbers counted from 0, the smaller one first`);
    }
    return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, first, last };
  }
  if (end !== undefined && range.duration !== undefined)
    throw new UsageError('--end and --duration contradict each other: use one of the two');
  for (const [name, value] of [
    ['start', start],
    ['end', end],
    ['duration', range.duration],
  ] as const) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw new UsageError(`--${name} ${value} is no time: give seconds, at least 0`);
  }
  const to = end ?? (range.duration === undefined ? Number.POSITIVE_INFINITY : (start ?? 0) + range.duration);
  if (to <= (start ?? 0)) throw new UsageError(`the range ends at ${to} s but starts at ${start ?? 0} s: give an end behind the start`);
  if (duration !== undefined && start !== undefined && start >= duration) {
    throw new UsageError(`--start ${start} lies behind the end of the clip, which is ${duration.toFixed(3)} s long`);
  }
  return { start: start ?? Number.NEGATIVE_INFINITY, end: to, first: 0, last: Number.POSITIVE_INFINITY };
};
