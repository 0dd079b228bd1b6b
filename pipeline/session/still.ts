// A single picture that the user brings: a picture file, or a frame of a clip as `clip.mp4@0.5`.
import { exists } from '../../config/exists.ts';
import { type Moment, momentText, parseMoment, splitMoment } from '../../config/moment.ts';
import type { Options } from '../../config/options.ts';
import { deinterlaced } from '../../media/deinterlace.ts';
import { MediaError } from '../../media/errors.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { isStill } from '../../media/formats.ts';
import type { Picture } from '../../media/frame.ts';
import { frameAt } from '../../media/frame-at.ts';
import { limitsOf } from '../../media/limits.ts';
import { readPicture } from '../../media/picture.ts';
import { probe } from '../../media/probe.ts';
import { guardFile } from '../../media/same-file.ts';
import { fileDigest } from './digest.ts';

export type Still = {
  readonly picture: Picture;
  /** What it is known by in artifact keys. */
  readonly digest: string;
};

export type StillContext = { readonly options: Options; readonly signal: AbortSignal; readonly warn: (message: string) => void };

/** The file of a name, and the moment in it where it is a clip's; a file whose own name has an @ is that file. */
export const stillFile = async (flag: string, name: string): Promise<{ readonly path: string; readonly moment?: Moment }> => {
  const split = splitMoment(name);
  if (!split || (await exists(name)) || !(await exists(split.path))) return { path: name };
  return { path: split.path, moment: parseMoment(split.moment, `${flag} ${name}: what stands behind the @`) };
};

const frameOf = async (flag: string, path: string, moment: Moment, { options, signal, warn }: StillContext): Promise<Still> => {
  const ffmpeg = await findFfmpeg({ ffmpeg: options.ffmpeg, ffprobe: options.ffprobe, stall: options.stallTimeout, env: process.env });
  const where = `${flag} ${path}@${momentText(moment)}`;
  const probed = await probe(path, ffmpeg, { signal, limits: limitsOf(options) }).catch(cause => {
    if (cause instanceof MediaError) throw new MediaError(cause.code, `${where}: ${cause.message}`, { cause });
    throw cause;
  });
  if (isStill(probed.container)) {
    throw new MediaError('MEDIA_PICTURE', `${where}: ${path} is a picture, which has no times: leave out @${momentText(moment)}`);
  }
  const info = deinterlaced(probed, ffmpeg, options.deinterlace, warn);
  const { width, height } = info;
  const { data } = await frameAt(info, moment, { ffmpeg, width, height, signal, warn }, where);
  const made = [await fileDigest(path), momentText(moment), info.deinterlacing?.filter ?? '', ffmpeg.ffmpeg.version];
  return { picture: { width, height, data }, digest: made.join(' ') };
};

const pictureOf = async (flag: string, path: string, { options }: StillContext): Promise<Still> => {
  const picture = await readPicture(path, { maxPixels: options.maxPixels }).catch(cause => {
    if (cause instanceof MediaError) throw new MediaError(cause.code, `${flag} ${cause.message}`, { cause });
    throw new MediaError(
      'IMAGE_UNREADABLE',
      `${flag} ${path} is no picture that can be read: ${(cause as Error).message}. Of a clip name a frame by its time, as ${path}@0.5.`,
      { cause },
    );
  });
  return { picture, digest: await fileDigest(path) };
};

/**
 * Reads a picture, or a frame of a clip.
 * @param flag the option that names it, for messages
 * @throws MediaError for what cannot be read, for a picture with a time, and for a file that changes meanwhile; UsageError for what is no
 * time and for one behind the clip's end
 */
export const readStill = async (flag: string, name: string, context: StillContext): Promise<Still> => {
  const { path, moment } = await stillFile(flag, name);
  const guard = await guardFile(path);
  const still = moment ? await frameOf(flag, path, moment, context) : await pictureOf(flag, path, context);
  await guard.check();
  return still;
};
