// One frame of a clip: the one that is shown at a time, or one by its number.
import { UsageError } from '../config/errors.ts';
import type { Moment } from '../config/moment.ts';
import { type DecodeOptions, decodeFrames } from './decode.ts';
import type { Frame } from './frame.ts';
import type { MediaInfo } from './probe.ts';
import { TIME_SLACK } from './range.ts';

/** Seconds before a time at which the frame that is shown then mostly begins; slide shows are read from their start. */
const LOOK_BACK = 2;

type Options = Pick<DecodeOptions, 'ffmpeg' | 'width' | 'height' | 'signal' | 'warn'>;

const seconds = (value: number): string => `${Number(value.toFixed(3))} s`;

/** @param where what names the moment, for messages: `--at 0.5` */
const behindEnd = (where: string, { path }: MediaInfo, what: string): UsageError =>
  new UsageError(`${where} lies behind the end of ${path}, which ${what}.`);

const byNumber = async (info: MediaInfo, frame: number, options: Options, where: string): Promise<Frame> => {
  let count = 0;
  for await (const found of decodeFrames(info, { ...options, range: { frames: [0, frame] } })) {
    if (count++ === frame) return found;
  }
  throw behindEnd(where, info, count === 0 ? 'has no frames' : `has ${count} frames: the last is ${count - 1}f`);
};

/** The last frame that begins at or before a time, and whether a later one follows or the time is within its length. */
const lastUpTo = async (info: MediaInfo, time: number, from: number, options: Options) => {
  let found: Frame | undefined;
  for await (const frame of decodeFrames(info, { ...options, range: { start: from } })) {
    if (frame.time > time + TIME_SLACK) return { found, shown: true };
    found = frame;
  }
  return { found, shown: found !== undefined && time < found.time + 1 / info.rate + TIME_SLACK };
};

const byTime = async (info: MediaInfo, time: number, options: Options, where: string): Promise<Frame> => {
  const { duration } = info;
  if (duration !== undefined && time >= duration) throw behindEnd(where, info, `is ${seconds(duration)} long`);
  const near = await lastUpTo(info, time, Math.max(0, time - LOOK_BACK), options);
  const { found, shown } = near.found ? near : await lastUpTo(info, time, 0, options);
  if (found && shown) return found;
  if (found) throw behindEnd(where, info, `shows its last frame at ${seconds(found.time)}`);
  throw new UsageError(`${where} lies before the first frame of ${info.path}: give a later time.`);
};

/**
 * The frame of a clip at a moment, with its time.
 * @param where what names the moment, for messages: `--at 0.5`
 * @throws UsageError for a moment behind the end, MediaError for a clip that cannot be read
 */
export const frameAt = (info: MediaInfo, moment: Moment, options: Options, where: string): Promise<Frame> =>
  'frame' in moment ? byNumber(info, moment.frame, options, where) : byTime(info, moment.time, options, where);
