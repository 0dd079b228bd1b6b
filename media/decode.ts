// Decodes a clip to RGB24 frames of one size, streaming: ffmpeg waits while nobody takes frames.
import { PassThrough } from 'node:stream';
import type { Range } from '../config/range.ts';
import { animatedFrames } from './animated-picture.ts';
import { attended } from './attended.ts';
import { alphaDecoder, rgbFilters } from './colour.ts';
import { judgePass } from './complete.ts';
import { StallError } from './errors.ts';
import { everyFrame, type Ffmpeg } from './ffmpeg.ts';
import type { Frame } from './frame.ts';
import { readNut } from './nut-reader.ts';
import type { MediaInfo } from './probe.ts';
import { fileAddress, startFfmpeg } from './process.ts';
import { resolveRange, TIME_SLACK } from './range.ts';

/** Which frames of a clip are decoded, at which size. */
export type DecodeOptions = {
  readonly ffmpeg: Ffmpeg;
  /** Pixels of the frames; the picture is upright and its pixels are square. */
  readonly width: number;
  readonly height: number;
  /** Default: the whole clip. */
  readonly range?: Range | undefined;
  /** Indices (within the range, rising) of the frames wanted; default all. */
  readonly select?: readonly number[] | undefined;
  /** Whether to decode from the start of the file even where a seek would do; default false. */
  readonly fromStart?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the frames are read for, in messages: `the key frames`. Default `the clip`. */
  readonly pass?: string | undefined;
  /** Receives what is lost or guessed: transparency, HDR, damage. */
  readonly warn?: ((message: string) => void) | undefined;
};

/** Seconds before the start of a range at which decoding begins; what lies between is dropped by time. */
const SEEK_MARGIN = 5;

/** Ticks are shifted by this many seconds on the way, because NUT knows no negative times. */
const TIME_SHIFT = 16;

/** Seconds between two frames beyond which a clock is taken to have started anew; ffmpeg's `-dts_delta_threshold`. */
export const LONGEST_GAP = 10;

/** Where recordings were joined, times go on from frame to frame instead of starting anew. */
const steadyTimes = ({ discontinuous, rate }: MediaInfo): string[] => {
  if (!discontinuous) return [];
  const step = 'PTS-PREV_INPTS';
  return [`setpts='if(isnan(PREV_INPTS),PTS,PREV_OUTPTS+if(between(${step},1,${LONGEST_GAP}/TB),${step},round(1/${rate}/TB)))'`];
};

/**
 * The frames of a clip in order of their times, every one once.
 * A damaged clip yields the frames that can be decoded, and a warning.
 * @throws MediaError (exit code 4) when nothing can be decoded, FfmpegError when ffmpeg and not the clip is why frames are missing,
 * UsageError for a range outside the clip, the signal's reason on abort
 */
export async function* decodeFrames(info: MediaInfo, options: DecodeOptions): AsyncGenerator<Frame, void, undefined> {
  if (info.delays) return yield* animatedFrames(info, options);
  const { ffmpeg, width, height, select, signal, pass = 'the clip', warn = () => undefined } = options;
  const { video, origin, path } = info;
  const span = resolveRange(options.range, info.duration);
  const { num, den } = video.timeBase;
  const shift = Math.ceil((TIME_SHIFT * den) / num); // ticks
  const deinterlacing = info.deinterlacing ? [info.deinterlacing.filter] : [];
  const filters = [
    ...steadyTimes(info),
    ...deinterlacing,
    ...rgbFilters(info, ffmpeg, { width, height }, warn),
    `setpts=PTS+round(${(shift * num) / den}/TB)`,
  ];
  const seek =
    info.indexed && !options.fromStart && span.start > 2 * SEEK_MARGIN
      ? ['-ss', (span.start - SEEK_MARGIN + origin - info.startTime).toFixed(3)]
      : [];
  const stdout = new PassThrough({ emitClose: false });
  const running = startFfmpeg(ffmpeg.ffmpeg.path, {
    inputs: [{ source: fileAddress(path), options: ['-copyts', ...info.opening, ...seek, ...alphaDecoder(info, ffmpeg)] }],
    options: [
      '-map',
      `0:${video.index}`,
      '-vf',
      filters.join(','),
      ...everyFrame(ffmpeg),
      '-enc_time_base',
      `${num}:${den}`,
      '-c:v',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      ...['-map_chapters', '-1', '-map_metadata', '-1'],
      '-f',
      'nut',
    ],
    output: stdout,
    signal,
  });
  running.done.catch(() => stdout.end());
  const stalled = (): void => running.kill(new StallError(`reading ${pass} from ${path}`, ffmpeg.stall));
  const frames = readNut(attended(stdout, ffmpeg.stall, stalled), 3 * width * height);
  const wanted = select && new Set(select);
  const lastWanted = Math.min(span.last - span.first, select ? (select.at(-1) ?? -1) : Number.POSITIVE_INFINITY);
  let decoded = 0;
  let index = 0;
  let from: number | undefined; // where a seek has led, seconds on the file's clock
  let to = Number.NEGATIVE_INFINITY; // the latest frame's time on it
  try {
    let next = await frames.next();
    for (; !next.done; next = await frames.next()) {
      const { pts, timeBase, data } = next.value;
      const time = (pts * timeBase.num) / timeBase.den - (shift * num) / den - origin;
      if (seek.length > 0) from ??= time + origin;
      to = Math.max(to, time + origin);
      const number = decoded++;
      if (number === 0 && seek.length > 0 && time > span.start) {
        running.kill(); // the index led too far
        return yield* decodeFrames(info, { ...options, fromStart: true });
      }
      if (time < span.start - TIME_SLACK || number < span.first) continue;
      if (time >= span.end - TIME_SLACK || index > lastWanted) return;
      if (!wanted || wanted.has(index)) yield { width, height, data, index, time: Math.max(0, time) };
      index++;
    }
    signal?.throwIfAborted();
    const failure = await running.done.then(
      () => undefined,
      (error: Error) => error,
    );
    signal?.throwIfAborted();
    if (failure instanceof StallError) throw failure;
    if (decoded === 0 && seek.length > 0) return yield* decodeFrames(info, { ...options, fromStart: true });
    const damage = await judgePass(info, { decoded, from, to, closed: next.value, failure, log: running.log() }, { ffmpeg, signal });
    if (damage !== undefined) warn(damage);
  } finally {
    running.kill();
    await running.done.catch(() => undefined);
  }
}
