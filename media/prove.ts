// Proves that a written file is whole before it gets its name: ffmpeg's exit code alone does not tell.
import { stat } from 'node:fs/promises';
import { isClosed } from './closed.ts';
import { diskFull, freeBytes } from './disk-error.ts';
import { FfmpegError, lastLine } from './errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { capture, fileAddress } from './process.ts';

/** What a result was meant to hold. */
export type Planned = {
  /** ffmpeg's name of the container. */
  readonly muxer: string;
  /** Pictures that were handed to the encoder. */
  readonly frames: number;
  /** Seconds from the first picture's time to the last one's. */
  readonly length: number;
  /** Streams, the picture's among them. */
  readonly streams: number;
  /** Whether further arguments of the user's may have changed number and times of the pictures. */
  readonly altered: boolean;
};

/** What ffmpeg logs when it cannot write: it goes on, and may exit with 0. */
const WRITE_ERROR = /No space left|Disk quota|Error writing|Error closing|Input\/output error|File too large|av_interleaved_write_frame/i;

/** Seconds by which containers may round the time of the last picture, beside one picture's own. */
const ROUNDING = 0.1;

/** Streams of a file, and the times (seconds) of the packets of the first. */
const look = async (path: string, ffmpeg: Ffmpeg, signal?: AbortSignal): Promise<{ streams: number; times: number[] }> => {
  const entries = ['-show_entries', 'packet=stream_index,pts_time,dts_time:stream=index', '-of', 'compact'];
  const { stdout } = await capture(ffmpeg.ffprobe.path, ['-v', 'quiet', ...entries, fileAddress(path)], { signal, stall: ffmpeg.stall });
  const lines = stdout.split('\n');
  const packets = lines.filter(line => line.startsWith('packet|stream_index=0|'));
  const times = packets.map(line => Number(/pts_time=(-?[\d.]+)/.exec(line)?.[1] ?? /dts_time=(-?[\d.]+)/.exec(line)?.[1]));
  return { streams: lines.filter(line => /^stream\|/.test(line)).length, times };
};

/**
 * What is wrong with a file that ffmpeg has written, in words; undefined when it is whole: closed, every picture in it, the last at its
 * time, and every stream there.
 * @param log what ffmpeg logged
 */
export const flawOf = async (
  path: string,
  planned: Planned,
  log: readonly string[],
  { ffmpeg, signal }: { readonly ffmpeg: Ffmpeg; readonly signal?: AbortSignal | undefined },
): Promise<string | undefined> => {
  const refused = log.find(line => WRITE_ERROR.test(line));
  if (refused !== undefined) return lastLine(refused);
  const size = await stat(path).then(
    about => about.size,
    () => 0,
  );
  if (size === 0) return 'nothing was written';
  if (!(await isClosed(path, planned.muxer))) return 'the file is not closed';
  const { streams, times } = await look(path, ffmpeg, signal);
  const frames = times.length;
  if (frames === 0) return 'it holds no picture';
  if (streams < planned.streams) return `it holds ${streams} of ${planned.streams} streams`;
  if (planned.altered) return undefined;
  if (frames < planned.frames) return `it holds ${frames} of ${planned.frames} frames`;
  const length = times.reduce((most, time) => Math.max(most, time), 0) - times.reduce((least, time) => Math.min(least, time), Infinity);
  if (length < planned.length * (1 - 1 / planned.frames) - ROUNDING) return `its last frame stands ${length.toFixed(3)} s after the first`;
  return undefined;
};

/** The error of a file that is not whole although ffmpeg reported no error. */
export const flawError = (output: string, flaw: string, log: readonly string[]): FfmpegError =>
  new FfmpegError(
    `ffmpeg did not write ${output} whole (${flaw}) although it reported no error; nothing was left there; ` +
      'run again, or use another ffmpeg',
    '',
    log.join('\n'),
  );

/** Bytes below which a disk counts as full. */
const FULL = 1 << 16;

/** Where a result was being written, and how far it was: the share of its pictures that the encoder had taken, 0 to 1. */
type Place = { readonly folder: string; readonly part: string; readonly share: number };

/** The error of an encoder that failed or stopped early: where the disk is full, that, with the bytes that the whole would have taken. */
export const encodeError = async (cause: unknown, { folder, part, share }: Place, log: readonly string[]): Promise<unknown> => {
  if (!(cause instanceof FfmpegError)) return cause;
  const full = /No space left|Disk quota/i.test(`${cause.message}\n${log.join('\n')}`);
  if (!full && ((await freeBytes(folder)) ?? FULL) >= FULL) return cause;
  const bytes = await stat(part).then(
    about => about.size,
    () => 0,
  );
  return diskFull(folder, bytes > 0 && share > 0 ? Math.ceil(bytes / Math.min(1, share)) : undefined, { cause });
};
