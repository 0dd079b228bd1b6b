// Reads what a file holds: the picture as a viewer sees it, its colours and times, and the streams beside it.

import { probeAnimatedPicture } from './animated-picture.ts';
import type { Cropping } from './crop.ts';
import type { Deinterlacing } from './deinterlace.ts';
import { lastLine, MediaError } from './errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { headOf, isDiscontinuous, isIndexed, openingOptions, probingOptions } from './formats.ts';
import { checkInputFile } from './input-file.ts';
import { checkFrameSize, checkRate, checkStreams, DEFAULT_LIMITS, type Limits, limitInLog } from './limits.ts';
import type { TimeBase } from './nut.ts';
import { chooseVideo, isCover, isFilm, number, type Probed, type ProbedStream, ratio, sideStream } from './probed.ts';
import { capture, fileAddress } from './process.ts';
import { displayed, fieldsOf, videoStream } from './video-stream.ts';

/** Colour tags as ffmpeg names them (`bt709`, `smpte170m`, `bt2020nc`, `smpte2084`); `undefined` where the file does not say. */
export type Colour = {
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
  readonly matrix: string | undefined;
  /** `tv`: 16..235, `pc`: 0..255. */
  readonly range: 'tv' | 'pc' | undefined;
};

/** An audio, subtitle, attachment or other stream beside the picture. */
export type SideStream = {
  /** Among all streams of the file. */
  readonly index: number;
  readonly type: 'audio' | 'subtitle' | 'attachment' | 'cover' | 'thumbnail' | 'video' | 'data';
  readonly codec: string;
  readonly language: string | undefined;
  readonly channels: number | undefined;
  /** ffmpeg's name of the channels' places: `5.1(side)`. */
  readonly layout: string | undefined;
};

/** The stream of the picture, as it is stored. */
export type VideoStream = {
  /** Among all streams of the file. */
  readonly index: number;
  readonly codec: string;
  /** Pixels as stored, before rotation and squaring. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Degrees clockwise that a viewer turns the stored picture by. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Whether a viewer mirrors it, left to right, after turning. */
  readonly mirrored: boolean;
  /** Width of a stored pixel over its height. */
  readonly pixelAspect: number;
  readonly pixelFormat: string;
  /** Bits a component. */
  readonly bitDepth: number;
  readonly colour: Colour;
  /** High dynamic range: perceptual quantizer or hybrid log-gamma. */
  readonly hdr: 'pq' | 'hlg' | undefined;
  /** Whether pixels may be transparent. */
  readonly alpha: boolean;
  readonly timeBase: TimeBase;
  /** Seconds at which the first frame is shown, on the file's clock. */
  readonly startTime: number;
  /** Seconds at which the last frame is no more shown, on the file's clock, where the container says so. */
  readonly endTime: number | undefined;
  /** Which of the two fields of a frame is the earlier one, in interlaced video. */
  readonly fields: 'top' | 'bottom' | undefined;
  /** Frames a second at which all frame times can be expressed; well above `rate` in a clip of variable rate. */
  readonly baseRate: number;
  /** Frames according to the container; `undefined` when it does not say. Not reliable: count decoded frames. */
  readonly frames: number | undefined;
};

/** What a clip's file holds. */
export type MediaInfo = {
  readonly path: string;
  /** ffmpeg's name of the format: `mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, `gif`, `avi`. */
  readonly container: string;
  /** Options before every opening of the file by ffmpeg: the demuxer that reads it, what it may open, and how large frames may be. */
  readonly opening: readonly string[];
  /** Milliseconds that each page is shown, of an animated picture that ffmpeg cannot read. */
  readonly delays?: readonly number[];
  /** Whether a seek to a time is sure to find the frames from there on: the container has an index. */
  readonly indexed: boolean;
  /** Whether times may start anew in the middle, as in recordings joined end to end. */
  readonly discontinuous: boolean;
  /** How it is deinterlaced, where it is. */
  readonly deinterlacing?: Deinterlacing;
  /** Pixels as displayed: upright and square. */
  readonly width: number;
  readonly height: number;
  /** Set where only a part of the picture is used; `width` and `height` are that part's. */
  readonly crop?: Cropping;
  /** Average frames a second. */
  readonly rate: number;
  /** Seconds of the longest stream; `undefined` when the container does not say. */
  readonly duration: number | undefined;
  /** The file's clock at time 0 of the clip, seconds: 0 except for streams whose clock starts anywhere (MPEG-TS). */
  readonly origin: number;
  /** The earliest time of any stream on the file's clock, seconds: what ffmpeg's `-ss` counts from. */
  readonly startTime: number;
  readonly video: VideoStream;
  readonly streams: readonly SideStream[];
  readonly chapters: number;
  readonly tags: Readonly<Record<string, string>>;
};

/** How a clip is probed; limits default to `DEFAULT_LIMITS`. */
export type ProbeOptions = { readonly signal?: AbortSignal | undefined; readonly limits?: Limits | undefined };

/** Average frames a second. Old ffprobes take a tick for a frame in streams without a duration, as raw DV is. */
const averageRate = ({ avg_frame_rate, r_frame_rate, time_base }: ProbedStream): number => {
  const [average, base, tick] = [avg_frame_rate, r_frame_rate, time_base].map(ratio);
  const isTick = average !== undefined && tick !== undefined && Math.abs(average * tick - 1) < 1e-9;
  return (isTick ? base : average) ?? base ?? 25;
};

/**
 * Probes a clip.
 * @param path a file on this machine
 * @throws MediaError (exit code 4) when it is missing, unreadable, a folder, a stream, empty, a list of other files, no media file,
 * cut short, without pictures, or beyond the limits
 */
export const probe = async (path: string, ffmpeg: Ffmpeg, { signal, limits = DEFAULT_LIMITS }: ProbeOptions = {}): Promise<MediaInfo> => {
  await checkInputFile(path);
  const animated = await probeAnimatedPicture(path, limits);
  if (animated) return animated;
  const bounds = await probingOptions(path, limits);
  const args = ['-v', 'error', ...bounds, '-of', 'json', '-show_format', '-show_streams', '-show_chapters', fileAddress(path)];
  const { code, stdout, stderr } = await capture(ffmpeg.ffprobe.path, args, { signal, stall: ffmpeg.stall });
  const probed = code === 0 ? (JSON.parse(stdout) as Probed) : undefined;
  if (!probed?.format) throw await notMedia(path, stderr);
  const streams = probed.streams ?? [];
  checkStreams(path, streams.length, streams.filter(isCover).length, limits);
  const video = chooseVideo(streams);
  if (!video) throw withoutPictures(path, streams);
  if (!video.width || !video.height) {
    throw (
      limitInLog(path, stderr, limits) ??
      new MediaError(
        'MEDIA_DAMAGED',
        `${path} holds a ${video.codec_name ?? 'video'} stream whose size cannot be read: the file is damaged or cut short`,
      )
    );
  }
  const stream = { ...videoStream(video), fields: await fieldsOf(video, path, ffmpeg, bounds, signal) };
  const { width, height } = displayed(stream);
  checkFrameSize(path, stream.codedWidth, stream.codedHeight, limits);
  checkFrameSize(path, width, height, limits);
  const rate = averageRate(video);
  checkRate(path, rate, limits);
  const container = String(probed.format.format_name ?? '');
  return {
    path,
    container,
    opening: openingOptions(container, limits),
    indexed: isIndexed(container),
    discontinuous: isDiscontinuous(container),
    width,
    height,
    rate,
    // of joined recordings ffprobe sees the first and the last time, which tell nothing
    duration: isDiscontinuous(container) ? undefined : (number(probed.format.duration) ?? number(video.duration)),
    origin: isDiscontinuous(container) ? (number(probed.format.start_time) ?? 0) : 0,
    startTime: number(probed.format.start_time) ?? 0,
    video: stream,
    streams: streams.filter(other => other !== video).map(other => sideStream(other, isFilm(video))),
    chapters: probed.chapters?.length ?? 0,
    tags: probed.format.tags ?? {},
  };
};

/** What the first box of an mp4 or mov may be; ffmpeg takes anything with their endings for one. */
const MP4_BOXES = /^(ftyp|mdat|free|skip|wide|pnot|moof)$/;

/** Why ffprobe refused the file. */
const notMedia = async (path: string, log: string): Promise<MediaError> => {
  const reason = lastLine(log).replace(fileAddress(path), path).replace(`${path}: `, '');
  const head = await headOf(path);
  if (/moov atom not found/.test(log) && MP4_BOXES.test(head.toString('latin1', 4, 8))) {
    return new MediaError(
      'MEDIA_TRUNCATED',
      `${path} is cut short: its index (the moov atom) is missing, so no frame can be found; copy or record it again`,
    );
  }
  if (/Format not on whitelist/.test(log)) {
    const format = /^\[(\S+) @/m.exec(log)?.[1];
    const kind = format === 'image2' ? 'has the name of a picture and is none' : `is of a format (${format}) that is no video`;
    return new MediaError('MEDIA_FORMAT', `${path} ${kind}: give a video in a container such as mp4, mkv or webm`);
  }
  return new MediaError(
    'MEDIA_UNKNOWN',
    `${path} is not a video that ffmpeg can read (${reason || 'unknown format'}): it is damaged, or no media file`,
  );
};

const withoutPictures = (path: string, streams: readonly ProbedStream[]): MediaError => {
  const kinds = [...new Set(streams.map(stream => (isCover(stream) ? 'cover art' : String(stream.codec_type))))];
  if (kinds.includes('audio'))
    return new MediaError('MEDIA_AUDIO_ONLY', `${path} holds only ${kinds.join(' and ')}, no video: give a file with pictures`);
  return new MediaError(
    'MEDIA_NO_VIDEO',
    `${path} holds no video stream${kinds.length ? ` (only ${kinds.join(', ')})` : ''}: give a file with pictures`,
  );
};
