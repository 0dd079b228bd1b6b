// Which part of a clip is meant: times or frame numbers.
import { UsageError } from './errors.ts';

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

/** @throws UsageError for a range that contradicts itself or holds no frame of any clip */
export const checkRange = ({ start, end, duration, frames }: Range): void => {
  for (const [name, value] of Object.entries({ start, end, duration })) {
    if (value === undefined) continue;
    if (frames) throw new UsageError('--frames excludes --start, --end and --duration: give the range in one way.');
    if (!(Number.isFinite(value) && value >= 0)) throw new UsageError(`--${name} ${value} is no time: give seconds, at least 0.`);
  }
  if (frames) {
    const [first, last] = frames;
    if (Number.isInteger(first) && Number.isInteger(last) && first >= 0 && last >= first) return;
    throw new UsageError(`--frames ${first}-${last} is no range: give two frame numbers counted from 0, the smaller one first.`);
  }
  if (end !== undefined && duration !== undefined) throw new UsageError('--end and --duration exclude each other: give one of them.');
  if (end !== undefined && end <= (start ?? 0)) throw new UsageError(`--end (${end} s) must be after --start (${start ?? 0} s).`);
  if (duration === 0) throw new UsageError('--duration must be more than 0 s.');
};
