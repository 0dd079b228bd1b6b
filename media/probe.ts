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
import { capture, fileAddress } from './process.ts';

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

type Dict = Readonly<Record<string, string | number | undefined>>;
type ProbedStream = Dict & { tags?: Record<string, string>; disposition?: Record<string, number>; side_data_list?: Dict[] };
type Probed = {
  streams?: ProbedStream[];
  chapters?: unknown[];
  format?: Dict & { tags?: Record<string, string> };
};

export type ProbeOptions = { readonly signal?: AbortSignal | undefined; readonly limits?: Limits | undefined };

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
  const { code, stdout, stderr } = await capture(ffmpeg.ffprobe.path, args, signal);
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
  checkRate(path, ratio(video.avg_frame_rate) ?? 0, limits);
  const container = String(probed.format.format_name ?? '');
  return {
    path,
    container,
    opening: openingOptions(container, limits),
    indexed: isIndexed(container),
    discontinuous: isDiscontinuous(container),
    width,
    height,
    rate: ratio(video.avg_frame_rate) ?? ratio(video.r_frame_rate) ?? 25,
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

const number = (value: string | number | undefined): number | undefined => {
  const parsed = Number(value ?? Number.NaN);
  return Number.isFinite(parsed) ? parsed : undefined;
};

/** `30000/1001` or `8:9` as a number; `undefined` for `0/0`, `0:1`. */
const ratio = (value: string | number | undefined): number | undefined => {
  const [num, den] = String(value ?? '')
    .split(/[/:]/)
    .map(Number);
  return num && den ? num / den : undefined;
};

/** A colour tag, unless it says that it does not know. */
const tag = (value: string | number | undefined): string | undefined =>
  value === undefined || /^(unknown|unspecified|reserved)$/.test(String(value)) ? undefined : String(value);

const isCover = (stream: ProbedStream): boolean => stream.disposition?.attached_pic === 1;

/** Frames that the container or a statistics tag of it counts. */
const framesOf = (stream: ProbedStream): number | undefined =>
  number(stream.nb_frames) || number(Object.entries(stream.tags ?? {}).find(([key]) => /^NUMBER_OF_FRAMES\b/.test(key))?.[1]) || undefined;

const PICTURE_CODECS = /^(mjpeg|png|bmp|gif|webp|tiff|jpeg2000|jpegls)$/;

/** Whether a stream moves: more than one frame, or, where nobody has counted, no codec of pictures. */
const isFilm = (stream: ProbedStream): boolean => {
  const { timed_thumbnails: thumbnails, still_image: still } = stream.disposition ?? {};
  if (thumbnails || still) return false;
  const frames = framesOf(stream);
  return frames === undefined ? !PICTURE_CODECS.test(String(stream.codec_name)) : frames > 1;
};

/** The stream that a viewer sees: the film rather than a thumbnail, then the default one, then the largest. */
const chooseVideo = (streams: readonly ProbedStream[]): ProbedStream | undefined => {
  const rank = (stream: ProbedStream): number[] => [
    stream.width && stream.height ? 1 : 0,
    isFilm(stream) ? 1 : 0,
    stream.disposition?.default ?? 0,
    Number(stream.width ?? 0) * Number(stream.height ?? 0),
  ];
  const better = (a: ProbedStream, b: ProbedStream): number => {
    const [x, y] = [rank(a), rank(b)];
    const first = x.findIndex((value, i) => value !== y[i]);
    return first < 0 ? 0 : y[first]! - x[first]!;
  };
  return streams.filter(stream => stream.codec_type === 'video' && !isCover(stream)).sort(better)[0];
};

/** Field orders by ffmpeg's names: which field is shown first. */
const FIELDS: Readonly<Record<string, 'top' | 'bottom'>> = { tt: 'top', bt: 'top', bb: 'bottom', tb: 'bottom' };

/** Codecs whose frames are often interlaced where neither stream nor container says so: asked of the first frames themselves. */
const ASKED = /^(dvvideo|mpeg4|mpeg2video|h264|vc1)$/;

/** Which field comes first, by the stream or else by its first frames. HEVC codes each field as a picture of its own, which nothing here joins. */
const fieldsOf = async (
  { index, codec_name: codec, field_order: order }: ProbedStream,
  path: string,
  { ffprobe }: Ffmpeg,
  bounds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<VideoStream['fields']> => {
  if (codec === 'hevc' || order === 'progressive') return undefined;
  if (order !== undefined && order !== 'unknown') return FIELDS[order];
  if (!ASKED.test(String(codec))) return undefined;
  const entries = ['-select_streams', String(index), '-show_entries', 'frame=interlaced_frame,top_field_first', '-of', 'csv=p=0:nk=1'];
  const args = ['-v', 'error', ...bounds, '-read_intervals', '%+#3', ...entries, fileAddress(path)];
  const { stdout } = await capture(ffprobe.path, args, signal);
  const [, top] = /^1,([01])/m.exec(stdout) ?? [];
  return top === undefined ? undefined : top === '1' ? 'top' : 'bottom';
};

/** Matroska's statistics tag `DURATION` is the end of the last frame: `00:00:02.300000000`. */
const endOf = (stream: ProbedStream): number | undefined => {
  const tagged = Object.entries(stream.tags ?? {}).find(([key]) => /^DURATION\b/.test(key))?.[1];
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d\.\d+)/.exec(tagged ?? '') ?? [];
  if (seconds !== undefined) return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const [start, length] = [number(stream.start_time), number(stream.duration)];
  return start !== undefined && length !== undefined && stream.nb_frames !== undefined ? start + length : undefined;
};

const videoStream = (stream: ProbedStream): Omit<VideoStream, 'fields'> => {
  const pixelFormat = String(stream.pix_fmt ?? 'unknown');
  const transfer = tag(stream.color_transfer);
  const [num, den] = String(stream.time_base ?? '1/1000')
    .split('/')
    .map(Number);
  return {
    index: Number(stream.index),
    codec: String(stream.codec_name ?? 'unknown'),
    codedWidth: Number(stream.width),
    codedHeight: Number(stream.height),
    ...orientation(stream),
    pixelAspect: ratio(stream.sample_aspect_ratio) ?? 1,
    pixelFormat,
    bitDepth: number(stream.bits_per_raw_sample) || depthOf(pixelFormat),
    colour: {
      primaries: tag(stream.color_primaries),
      transfer,
      matrix: tag(stream.color_space),
      range: pixelFormat.startsWith('yuvj') || stream.color_range === 'pc' ? 'pc' : stream.color_range === 'tv' ? 'tv' : undefined,
    },
    hdr: transfer === 'smpte2084' ? 'pq' : transfer === 'arib-std-b67' ? 'hlg' : undefined,
    alpha: /^(yuva|gbrap|rgba|bgra|argb|abgr|ya|pal8|ayuv|vuya)/.test(pixelFormat) || stream.tags?.alpha_mode === '1',
    timeBase: { num: num || 1, den: den || 1000 },
    startTime: number(stream.start_time) ?? 0,
    endTime: endOf(stream),
    baseRate: ratio(stream.r_frame_rate) ?? 25,
    frames: number(stream.nb_frames) || undefined,
  };
};

const depthOf = (pixelFormat: string): number =>
  Number(
    /(?:p|gray|gbrp|gbrap|x2rgb|y2)(9|10|12|14|16)(?:le|be)?$/.exec(pixelFormat)?.[1] ?? (/(48|64)(le|be)$/.test(pixelFormat) ? 16 : 8),
  );

/**
 * How a viewer turns the stored picture: from the display matrix, a 3x3 in 16.16 fixed point that maps stored to displayed
 * coordinates by row vectors, [x y 1] M; or from the `rotate` tag of old files and old ffprobes.
 */
const orientation = (stream: ProbedStream): Pick<VideoStream, 'rotation' | 'mirrored'> => {
  const side = stream.side_data_list?.find(data => data.displaymatrix !== undefined || data.rotation !== undefined);
  const m = [...String(side?.displaymatrix ?? '').matchAll(/(?<=[\s:])-?\d+(?=\s|$)/g)].map(match => Number(match[0]));
  const [a = 0, b = 0, , c = 0, d = 0] = m;
  if (m.length >= 9 && a * d - b * c !== 0) {
    const mirrored = a * d - b * c < 0;
    return { rotation: quarter(Math.atan2(mirrored ? -b : b, mirrored ? -a : a)), mirrored };
  }
  const degrees = number(side?.rotation) !== undefined ? -Number(side?.rotation) : (number(stream.tags?.rotate) ?? 0);
  return { rotation: quarter((degrees * Math.PI) / 180), mirrored: false };
};

/** The nearest quarter turn; ffmpeg's own viewers do not turn by anything else either. */
const quarter = (radians: number): 0 | 90 | 180 | 270 => (((Math.round(radians / (Math.PI / 2)) + 4) % 4) * 90) as 0 | 90 | 180 | 270;

const displayed = (video: Omit<VideoStream, 'fields'>): { width: number; height: number } => {
  // the shorter side is kept, the other is stretched: no pixel is thrown away by squaring
  const width = Math.max(1, Math.round(video.codedWidth * Math.max(1, video.pixelAspect)));
  const height = Math.max(1, Math.round(video.codedHeight / Math.min(1, video.pixelAspect)));
  return video.rotation % 180 ? { width: height, height: width } : { width, height };
};

/** @param besideFilm whether the picture that is taken moves */
const typeOf = (stream: ProbedStream, besideFilm: boolean): SideStream['type'] => {
  if (isCover(stream)) return 'cover';
  const type = stream.codec_type;
  if (type === 'video') return besideFilm && !isFilm(stream) ? 'thumbnail' : 'video';
  return type === 'audio' || type === 'subtitle' || type === 'attachment' ? type : 'data';
};

/** A codec's tag in the file, unless it is empty: `[0][0][0][0]`. */
const codecTag = ({ codec_tag_string: spelled }: ProbedStream) => (String(spelled).startsWith('[0]') ? undefined : spelled);

const sideStream = (stream: ProbedStream, besideFilm: boolean): SideStream => ({
  index: Number(stream.index),
  type: typeOf(stream, besideFilm),
  codec: String(stream.codec_name ?? codecTag(stream) ?? 'unknown'),
  language: stream.tags?.language,
  channels: number(stream.channels),
  layout: tag(stream.channel_layout),
});

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
