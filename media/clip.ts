// A clip as a library's user meets it: opened by its path, read at a size, written whole.
import { UsageError } from '../config/errors.ts';
import { type DecodeOptions, decodeFrames } from './decode.ts';
import { type EncodeOptions, openEncoder } from './encode.ts';
import { type Ffmpeg, findFfmpeg } from './ffmpeg.ts';
import type { Frame } from './frame.ts';
import { type MediaInfo, type ProbeOptions, probe } from './probe.ts';
import { workingSize } from './size.ts';

/** How frames of an opened clip are read. */
export type ReadFramesOptions = Omit<DecodeOptions, 'ffmpeg' | 'width' | 'height'> & {
  /**
   * Size of the frames: pixels of the shorter side, from 64 (both sides then are multiples of 8, as networks need it; see `workingSize`),
   * or of both sides. Default: the displayed size.
   */
  readonly size?: number | { readonly width: number; readonly height: number } | undefined;
};

/** A clip that was probed, and can be read any number of times. */
export type Clip = {
  readonly info: MediaInfo;
  /** The programs that read it. */
  readonly ffmpeg: Ffmpeg;
  /** A pass over the clip, or over a part: frames in order of their times, upright, RGB24; ffmpeg waits while nobody takes them. */
  frames(options?: ReadFramesOptions): AsyncIterable<Frame>;
  /** The frames of such a pass, all in memory: width x height x 3 bytes each. */
  read(options?: ReadFramesOptions): Promise<Frame[]>;
};

/** How a clip is opened. */
export type OpenClipOptions = ProbeOptions & {
  /** Default: what {@link findFfmpeg} finds with FFMPEG_PATH, FFPROBE_PATH and PATH. */
  readonly ffmpeg?: Ffmpeg | undefined;
};

/** The programs of this machine. */
const ownFfmpeg = (): Promise<Ffmpeg> => findFfmpeg({ env: process.env });

/**
 * Opens a clip: finds ffmpeg and reads what the file holds. Nothing stays open.
 * @param path a file on this machine
 * @throws MediaError (exit code 4) for what is no clip or beyond the limits, FfmpegMissingError (3)
 */
export const openClip = async (path: string, { ffmpeg: programs, ...options }: OpenClipOptions = {}): Promise<Clip> => {
  const ffmpeg = programs ?? (await ownFfmpeg());
  const info = await probe(path, ffmpeg, options);
  const frames: Clip['frames'] = ({ size = info, ...rest } = {}) => {
    const { width, height } = typeof size === 'number' ? workingSize(info, { size }) : size;
    return decodeFrames(info, { ...rest, ffmpeg, width, height });
  };
  return {
    info,
    ffmpeg,
    frames,
    read: async pass => {
      const all: Frame[] = [];
      for await (const frame of frames(pass)) all.push(frame);
      return all;
    },
  };
};

/** How a clip is written. */
export type WriteClipOptions = Partial<Omit<EncodeOptions, 'times' | 'width' | 'height'>>;

/**
 * Writes frames that are in memory as a clip. The ending of `output` names the container: mp4, mov, mkv, webm, gif and others
 * (docs/media.md). For clips that do not fit the memory there is `openEncoder`.
 * @param frames of one size, in order of their times (seconds)
 * @param options Defaults: crf 18, nothing overwritten; sound, subtitles and metadata of `source` where there is one (`audio: false` leaves
 * the sound out), and its displayed size
 * @throws UsageError for an unknown container, no frames, or a file that stands there; FfmpegError. Nothing new is left under the name then
 */
export const writeClip = async (output: string, frames: readonly Frame[], options: WriteClipOptions = {}): Promise<void> => {
  const [first] = frames;
  if (!first) throw new UsageError(`There are no frames to write to ${output}.`);
  const encoder = await openEncoder(output, {
    crf: 18,
    audio: true,
    overwrite: false,
    ...options,
    ffmpeg: options.ffmpeg ?? (await ownFfmpeg()),
    times: frames.map(({ time }) => time),
    width: first.width,
    height: first.height,
  });
  try {
    for (const frame of frames) await encoder.write(frame);
  } catch (error) {
    await encoder.abort();
    throw error;
  }
  await encoder.finish();
};
