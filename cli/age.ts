// How long ago, as people write it.
import { UsageError } from '../config/errors.ts';

const SECONDS: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 7 * 86_400 };

/** Seconds of `12h`, `30d` or `2w`. @throws UsageError */
export const ageOf = (text: string): number => {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([hdw])$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError(`--older must be hours, days or weeks such as 12h, 30d or 2w; got ${text}.`);
  return Number(count) * SECONDS[unit]!;
};
