// How large an input may be: what a file of a few bytes can claim, and what would fill the memory before anything is seen of it.
import { MediaError } from './errors.ts';

/** The largest clip or picture that is read. */
export type Limits = {
  /** Pixels of a side of a frame. */
  readonly side: number;
  /** Pixels of a frame or a picture. */
  readonly pixels: number;
  /** Streams of a file, attached pictures among them. */
  readonly streams: number;
  readonly covers: number;
  /** Frames a second. */
  readonly rate: number;
};

/** The limits where none are named. */
export const DEFAULT_LIMITS: Limits = { side: 8192, pixels: 100_000_000, streams: 64, covers: 16, rate: 1000 };

/** The limits that options set. */
export const limitsOf = (options: {
  readonly maxSide: number;
  readonly maxPixels: number;
  readonly maxStreams: number;
  readonly maxCovers: number;
  readonly maxFps: number;
}): Limits => ({
  side: options.maxSide,
  pixels: options.maxPixels,
  streams: options.maxStreams,
  covers: options.maxCovers,
  rate: options.maxFps,
});

const PADDING = 2 ** 20; // pixels by which decoders round frames up to whole blocks

/** The option of ffmpeg's and ffprobe's decoders that holds the limit for every frame, whatever the container says of its size. */
export const decoderLimit = ({ side, pixels }: Limits): string[] => ['-max_pixels', String(Math.min(pixels, side * side) + PADDING)];

const tooMuch = (path: string, what: string, limit: string, flag: string): MediaError =>
  new MediaError('MEDIA_LIMIT', `${path} ${what}, more than the limit of ${limit}: raise it with ${flag} if you trust the file`);

/** @throws MediaError for a frame of more pixels or longer sides */
export const checkFrameSize = (path: string, width: number, height: number, { side, pixels }: Limits): void => {
  if (Math.max(width, height) > side) throw tooMuch(path, `has frames of ${width}x${height} pixels`, `${side} a side`, '--max-side');
  checkPixels(path, width, height, pixels);
};

/** @throws MediaError for a picture of more pixels */
export const checkPixels = (path: string, width: number, height: number, limit: number): void => {
  if (width * height > limit) throw tooMuch(path, `has ${width}x${height} pixels`, `${limit}`, '--max-pixels');
};

/** @throws MediaError for a file of more streams, or more attached pictures */
export const checkStreams = (path: string, streams: number, covers: number, limits: Limits): void => {
  if (streams > limits.streams) throw tooMuch(path, `holds ${streams} streams`, `${limits.streams}`, '--max-streams');
  if (covers > limits.covers) throw tooMuch(path, `holds ${covers} attached pictures`, `${limits.covers}`, '--max-covers');
};

/** @throws MediaError for a clip of more frames a second */
export const checkRate = (path: string, rate: number, limits: Limits): void => {
  if (rate > limits.rate) throw tooMuch(path, `has ${Math.round(rate)} frames a second`, `${limits.rate}`, '--max-fps');
};

/** The refusal that a decoder's log tells of: a frame above {@link decoderLimit}. */
export const limitInLog = (path: string, log: string, limits: Limits): MediaError | undefined => {
  const found = /Picture size (\d+)x(\d+) exceeds specified max pixel count/.exec(log);
  if (!found) return undefined;
  try {
    checkFrameSize(path, Number(found[1]), Number(found[2]), limits);
  } catch (error) {
    return error as MediaError;
  }
  return undefined;
};
