// The pictures that a user brings for a ControlNet: one for each frame of the run, or one for all.
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { RerenderError, UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { decodeFrames } from '../../media/decode.ts';
import { deinterlaced } from '../../media/deinterlace.ts';
import { MediaError } from '../../media/errors.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import { checkInputFile, isStreamOrAddress } from '../../media/input-file.ts';
import { limitsOf } from '../../media/limits.ts';
import { readPictureAt } from '../../media/picture.ts';
import { probe } from '../../media/probe.ts';
import { guardFile } from '../../media/same-file.ts';
import { fileDigest } from './digest.ts';
import { type FrameReader, frameReader } from './frame-reader.ts';

export type ControlPictures = {
  readonly path: string;
  readonly count: number;
  /** What the pictures are known by in artifact keys. */
  readonly digest: string;
  /** The picture for a frame, at the frame's size. */
  at(frame: Frame, signal: AbortSignal): Promise<Picture>;
  close(): Promise<void>;
};

const PICTURE = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.bmp', '.gif', '.avif'];

const isPicture = (name: string): boolean => PICTURE.includes(extname(name).toLowerCase());

/** 2.png before 10.png. */
const byNumber = new Intl.Collator('en', { numeric: true });

/** Pictures in files, in the order of their names. */
const fromFiles = async (path: string, files: readonly string[], maxPixels: number): Promise<ControlPictures> => {
  const guards = await Promise.all(files.map(guardFile));
  const hash = createHash('sha256');
  for (const file of files) hash.update(await fileDigest(file)); // by content: copies elsewhere are the same pictures
  return {
    path,
    count: files.length,
    digest: hash.digest('hex'),
    at: async ({ index, width, height }) => {
      const place = files.length === 1 ? 0 : index;
      const picture = await readPictureAt(files[place]!, { width, height }, { maxPixels }).catch((cause: Error) => {
        if (cause instanceof MediaError) throw cause;
        throw new MediaError('CONTROL_PICTURE', `the control picture ${files[place]} cannot be read: ${cause.message}`, { cause });
      });
      await guards[place]!.check();
      return picture;
    },
    close: async () => undefined,
  };
};

const COUNTING = { width: 16, height: 16 };

/** The frames of a video; they are counted in a pass of their own, as containers are not to be believed. */
const fromVideo = async (path: string, options: Options, signal: AbortSignal): Promise<ControlPictures> => {
  const ffmpeg = await findFfmpeg({ ffmpeg: options.ffmpeg, ffprobe: options.ffprobe, stall: options.stallTimeout, env: process.env });
  const guard = await guardFile(path);
  const probed = await probe(path, ffmpeg, { signal, limits: limitsOf(options) });
  const info = deinterlaced(probed, ffmpeg, options.deinterlace, () => undefined);
  const digest = await fileDigest(path);
  const frames = (size: { readonly width: number; readonly height: number }) =>
    guard.guarded(decodeFrames(info, { ffmpeg, ...size, pass: 'the control pictures', signal }));
  let count = 0;
  for await (const _ of frames(COUNTING)) count++;
  const readers = new Map<string, FrameReader>();
  return {
    path,
    count,
    digest,
    at: async ({ index, width, height }) => {
      const size = `${width}x${height}`;
      const reader = readers.get(size) ?? frameReader(() => frames({ width, height }));
      readers.set(size, reader);
      const place = count === 1 ? 0 : index;
      return (await reader.range(place, place))[0]!;
    },
    close: async () => {
      await Promise.all([...readers.values()].map(reader => reader.close()));
    },
  };
};

/**
 * Opens a folder of pictures, a picture, or a video.
 * @throws RerenderError (exit code 3) where nothing lies there, UsageError for a folder without pictures, MediaError for a stream, an
 * address or a video that cannot be read
 */
export const openControlPictures = async (path: string, options: Options, signal: AbortSignal): Promise<ControlPictures> => {
  const kind = await stat(path).catch(() => undefined);
  if (kind ? !kind.isDirectory() : isStreamOrAddress(path)) await checkInputFile(path);
  if (!kind)
    throw new RerenderError(
      'CONTROL_MISSING',
      'missing',
      `There are no control pictures ${path}: give a folder of pictures, a picture or a video.`,
    );
  if (!kind.isDirectory()) return isPicture(path) ? fromFiles(path, [path], options.maxPixels) : fromVideo(path, options, signal);
  const names = (await readdir(path)).filter(name => isPicture(name) && !name.startsWith('.')).sort(byNumber.compare);
  if (names.length === 0) throw new UsageError(`--control: the folder ${path} holds no pictures (${PICTURE.join(' ')}).`);
  return fromFiles(
    path,
    names.map(name => join(path, name)),
    options.maxPixels,
  );
};

/** @throws UsageError unless there is a picture for each frame, or one for all */
export const checkControlPictures = (pictures: readonly ControlPictures[], frames: number): void => {
  for (const { path, count } of pictures) {
    if (count === 1 || count === frames) continue;
    throw new UsageError(
      `--control: ${path} holds ${count} pictures for ${frames} frames: give one for each frame of the run, in order, or one for all.`,
    );
  }
};
