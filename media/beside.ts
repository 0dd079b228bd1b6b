// What stands beside the frames in a result: sound, subtitles, cover, tags and chapters of the source, cut to the frames' part.

import type { Range } from '../config/range.ts';
import type { EncodeOptions } from './encode.ts';
import type { EncodePlan } from './encode-plan.ts';
import type { MediaInfo } from './probe.ts';
import { fileAddress, type JobInput } from './process.ts';
import { isDelayed, OPUS_DELAY, sideStreamArguments } from './side-streams.ts';

/** Seconds from frame to frame, on average. */
export const frameStep = ({ times, source, rate = 25 }: EncodeOptions): number =>
  times.length > 1 ? Math.max(1e-6, (times.at(-1)! - times[0]!) / (times.length - 1)) : 1 / (source?.rate ?? rate);

/** Seconds that the last frame is shown. */
export const lastFrameOf = (options: EncodeOptions): number => options.lastFrame ?? frameStep(options);

/** Whether a range is less than everything. */
export const isPartial = ({ frames, start, end, duration }: Range = {}): boolean =>
  [frames, start, end, duration].some(part => part !== undefined);

/**
 * How the side streams of the source (input 1) stay in time with the first frame, which is moved to 0 when the frames are a part of it.
 * ffmpeg's `-ss` counts from the file's earliest time and stops at a key frame before it; what lies before 0 is cut on the way out.
 */
const sourceTiming = (options: EncodeOptions, source: MediaInfo): { seek: string[]; offset: number; begin: number; length?: number } => {
  const { range, times } = options;
  if (!isPartial(range)) return { seek: [], offset: -source.origin, begin: 0 };
  const begin = times[0] ?? 0;
  const end = (times.at(-1) ?? begin) + lastFrameOf(options);
  const seek = begin + source.origin - source.startTime;
  return {
    seek: source.indexed && seek > 0 ? ['-noaccurate_seek', '-ss', seek.toFixed(6)] : [],
    offset: -begin - source.origin,
    begin,
    length: end - begin,
  };
};

/** What of the encoding depends on a source: further inputs, what is taken of them, and the time of the first frame. */
export type Besides = {
  readonly inputs: readonly JobInput[];
  readonly options: readonly string[];
  readonly begin: number;
  /** Ticks of the frames' times; without a source thousandths of a frame, so that a rate such as 29.97 is exact. */
  readonly timeBase: { readonly num: number; readonly den: number };
};

/** Everything beside the frames: the source's other streams and tags, each in time with the first frame; nothing without a source. */
export const besides = ({ container, streams }: EncodePlan, options: EncodeOptions): Besides => {
  const { ffmpeg, source } = options;
  if (!source) return { inputs: [], options: [], begin: 0, timeBase: { num: 1, den: Math.round((options.rate ?? 25) * 1000) } };
  const { seek, offset, begin, length } = sourceTiming(options, source);
  if (source.delays) return { inputs: [], options: [], begin, timeBase: source.video.timeBase }; // it has nothing beside
  const { path, opening, places } = options.sideCopy ?? { ...source, places: undefined };
  const input = (delay: number) => ({
    source: fileAddress(path),
    options: [...opening, ...seek, '-itsoffset', (offset + delay).toFixed(6)],
  });
  const delayed = streams.some(stream => isDelayed(stream, container, ffmpeg));
  return {
    inputs: [input(0), ...(delayed ? [input(OPUS_DELAY)] : [])],
    options: [
      ...sideStreamArguments(streams, container, ffmpeg, { cut: length, places }),
      ...(length === undefined ? [] : ['-copypriorss', '0', '-t', length.toFixed(6)]),
      ...['-map_metadata', '1', '-map_chapters', begin === 0 ? '1' : '-1'],
    ],
    begin,
    timeBase: source.video.timeBase,
  };
};
