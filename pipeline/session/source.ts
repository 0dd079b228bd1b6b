// An opened clip: what it holds, the size it is worked at, and passes over its frames.
import { parseCrop } from '../../config/crop.ts';
import type { Options } from '../../config/options.ts';
import type { Range } from '../../config/range.ts';
import { cropped } from '../../media/crop.ts';
import { decodeFrames } from '../../media/decode.ts';
import { deinterlaced } from '../../media/deinterlace.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { limitsOf } from '../../media/limits.ts';
import { type MediaInfo, probe } from '../../media/probe.ts';
import { guardFile } from '../../media/same-file.ts';
import { type Size, workingSize } from '../../media/size.ts';
import type { Footage } from '../steps/held.ts';
import { fileDigest } from './digest.ts';

export type Source = Footage & {
  /** The size that frames are drawn at. */
  readonly size: Size;
  /** What the chosen frames are known by in artifact keys, apart from their size. */
  readonly identity: Readonly<Record<string, unknown>> & { readonly digest: string };
  /** Rejects with a MediaError when the file is not the one that was opened any more. */
  confirm(): Promise<void>;
};

export type SourceContext = { readonly signal: AbortSignal; readonly warn: (message: string) => void };

/** How a clip is deinterlaced is part of what its frames are. */
const fieldsIdentity = ({ deinterlacing }: MediaInfo) => (deinterlacing ? { deinterlacing: deinterlacing.filter } : {});

/** Frames of a part: by their numbers exactly, by times as many as the rate says. */
const expectedFrames = ({ video, rate }: MediaInfo, { start = 0, end, duration, frames }: Range): number => {
  const all = video.frames ?? 0;
  const most = all > 0 ? all : Number.POSITIVE_INFINITY;
  if (frames) return Math.max(0, Math.min(frames[1] + 1, most) - frames[0]);
  const stop = end ?? (duration === undefined ? undefined : start + duration);
  if (stop !== undefined) return Math.max(0, Math.min(Math.round(stop * rate), most) - Math.round(start * rate));
  return Math.max(0, all - Math.round(start * rate));
};

/**
 * Opens a clip for the options that choose its part and its size.
 * @throws MediaError for unusable input, FfmpegMissingError, UsageError for a range or a crop outside the clip
 */
export const openSource = async (input: string, options: Options, { signal, warn }: SourceContext): Promise<Source> => {
  const { start, end, duration, frames: chosen } = options;
  const ffmpeg = await findFfmpeg({ ffmpeg: options.ffmpeg, ffprobe: options.ffprobe, stall: options.stallTimeout, env: process.env });
  const crop = parseCrop(options.crop);
  const guard = await guardFile(input);
  const probed = await probe(input, ffmpeg, { signal, limits: limitsOf(options) });
  const info = cropped(deinterlaced(probed, ffmpeg, options.deinterlace, warn), crop);
  const range = { start, end, duration, frames: chosen };
  const warnings = new Set<string>();
  const warnOnce = (message: string): void => {
    if (!warnings.has(message)) warn(message);
    warnings.add(message);
  };
  const digest = await fileDigest(input);
  await guard.check();
  return {
    ffmpeg,
    info,
    size: workingSize(info, { size: options.size, multiple: options.sizeMultiple }),
    expected: expectedFrames(info, range),
    whole: [start, end, duration, chosen].every(part => part === undefined),
    identity: { digest, range, ...(crop && { crop }), ...fieldsIdentity(info), decoder: ffmpeg.ffmpeg.version },
    frames: (size, { only, purpose } = {}) =>
      guard.guarded(decodeFrames(info, { ffmpeg, ...size, range, select: only, pass: purpose, signal, warn: warnOnce })),
    warnings,
    warn: warnOnce,
    confirm: guard.check,
  };
};
