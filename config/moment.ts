// Which frame of a clip is meant: the one that is shown at a time, or one by its number.
import { UsageError } from './errors.ts';
import { parseTime } from './parse.ts';

/** Seconds since the start of the clip, or a frame's number, from 0. */
export type Moment = { readonly time: number } | { readonly frame: number };

const MOMENT_RULE = 'a time such as 0.5 or 1:02.5, or a frame by its number such as 12f';

/** A moment from `0.5`, `1:02.5` (times) or `12f` (a frame); undefined when it is neither. */
const read = (text: string): Moment | undefined => {
  const frame = /^(\d{1,9})f$/.exec(text)?.[1];
  if (frame !== undefined) return { frame: Number(frame) };
  const time = parseTime(text);
  return time === undefined ? undefined : { time };
};

/** @param where how the user wrote it, e.g. `--at`. @throws UsageError that names the place, the rule and the value */
export const parseMoment = (text: string, where: string): Moment => {
  const moment = read(text.trim());
  if (!moment) throw new UsageError(`${where} must be ${MOMENT_RULE}; got "${text}".`);
  return moment;
};

/** As {@link parseMoment} reads it. */
export const momentText = (moment: Moment): string => ('frame' in moment ? `${moment.frame}f` : String(moment.time));

/** `clip.mp4@0.5` as the clip and the moment behind its last @; undefined for a name without one. */
export const splitMoment = (name: string): { readonly path: string; readonly moment: string } | undefined => {
  const at = name.lastIndexOf('@');
  return at > 0 ? { path: name.slice(0, at), moment: name.slice(at + 1) } : undefined;
};
