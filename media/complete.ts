// Whether a pass over a clip has seen all of it. ffmpeg's exit code, its log, the end of its stream and the frames that the file
// promises are held together; where they disagree, ffprobe decodes the clip as a second witness.
// What the clip explains (it is cut short, damaged) is a warning; all else is an error, and nothing of the pass may be kept.
import { FfmpegError, lastLine, MediaError } from './errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { MediaInfo } from './probe.ts';
import { capture, fileAddress } from './process.ts';

/** How a pass that came to the end of its stream has ended. */
export type Ended = {
  /** Frames that came out, from the place where decoding began. */
  readonly decoded: number;
  /** Seconds on the file's clock at which decoding began: the time of the first frame, when it was not at the start of the file. */
  readonly from: number | undefined;
  /** Seconds on the file's clock of the latest frame. */
  readonly to: number;
  /** Whether ffmpeg has closed its stream: a process that was cut short does not. */
  readonly closed: boolean;
  /** Why ffmpeg failed, if it did. */
  readonly failure: Error | undefined;
  /** What it logged. */
  readonly log: readonly string[];
};

type Witness = { readonly ffmpeg: Ffmpeg; readonly signal?: AbortSignal | undefined };

/** Frames that two decoders may disagree by where a clip is damaged. */
const tolerated = (frames: number): number => 2 + 0.02 * frames;

/** Lines of one kind of ffprobe's entries, for the picture's stream. */
const entries = async (info: MediaInfo, kind: 'packet' | 'frame', fields: string, { ffmpeg, signal }: Witness): Promise<string[]> => {
  const args = [
    '-v',
    'quiet',
    ...info.opening,
    '-select_streams',
    String(info.video.index),
    '-show_entries',
    `${kind}=${fields}`,
    '-of',
    'compact',
  ];
  const { stdout } = await capture(ffmpeg.ffprobe.path, [...args, fileAddress(info.path)], { signal, stall: ffmpeg.stall });
  return stdout.split('\n').filter(line => line.startsWith(`${kind}|`));
};

/** Frames that the file says it holds: by its index, or by counting packets without decoding them. */
const promised = async (info: MediaInfo, witness: Witness): Promise<number> =>
  info.video.frames ?? (await entries(info, 'packet', 'flags', witness)).filter(line => !/flags=..?D/.test(line)).length;

/** Times at which ffprobe decodes frames, seconds; NaN for a frame without one. */
const witnessed = async (info: MediaInfo, witness: Witness): Promise<number[]> =>
  (await entries(info, 'frame', 'best_effort_timestamp_time', witness)).map(line => Number(/time=(-?[\d.]+)/.exec(line)?.[1]));

/** Seconds by which times of two programs may differ. */
const SLACK = 1e-3;

/**
 * Judges a pass that came to its end.
 * @returns what is wrong with the clip, in words for a warning; undefined where all is well
 * @throws FfmpegError when ffmpeg, not the clip, is why frames are missing; MediaError when the clip holds none
 */
export const judgePass = async (info: MediaInfo, ended: Ended, witness: Witness): Promise<string | undefined> => {
  const { decoded, from, closed, failure, log } = ended;
  const { path } = info;
  const complaint = lastLine(log.join('\n')) || (failure?.message ?? '');
  if (failure instanceof FfmpegError && failure.signal !== undefined) {
    throw new FfmpegError(
      `ffmpeg was ended by ${failure.signal} after ${decoded} frames of ${path}: ` +
        `nothing of this pass is kept; run again${memoryHint(failure)}`,
      failure.command,
      failure.stderr,
      { cause: failure, signal: failure.signal },
    );
  }
  const clean = failure === undefined && closed && complaint === '';
  const whole = from === undefined ? await promised(info, witness) : Number.POSITIVE_INFINITY;
  if (clean && decoded > 0 && decoded >= whole) return undefined;
  const times = (await witnessed(info, witness)).filter(time => !(from !== undefined && time < from - SLACK));
  const frames = times.length;
  // Where a clip is damaged, decoders drop other frames of it, but all come to its end.
  const missing = clean || !closed || info.discontinuous ? frames - decoded : times.filter(time => time > ended.to + SLACK).length;
  if (missing > (clean || !closed ? 0 : tolerated(frames))) {
    const why = complaint === '' ? 'it says nothing about why' : complaint;
    throw new FfmpegError(
      `ffmpeg ended after ${decoded} of ${frames} frames of ${path} (${why}): ` +
        'nothing of this pass is kept; run again, or use another ffmpeg',
      failure instanceof FfmpegError ? failure.command : '',
      log.join('\n'),
      { cause: failure },
    );
  }
  if (decoded === 0) {
    if (from !== undefined && failure === undefined) return undefined; // the range lies behind the last frame
    throw new MediaError('MEDIA_UNDECODABLE', `${path} cannot be decoded: ${complaint || 'it holds no frame'}`, { cause: failure });
  }
  if (complaint === '') return undefined;
  const of = info.video.frames !== undefined && info.video.frames > decoded && from === undefined ? ` of ${info.video.frames}` : '';
  return `${path} is damaged or cut short: ${decoded}${of} frames could be decoded (${complaint})`;
};

const memoryHint = ({ signal }: FfmpegError): string => (signal === 'SIGKILL' ? ' (the system does that when memory runs out)' : '');
