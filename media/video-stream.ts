// The picture's stream: how a viewer turns it, its colours, its times and its fields.
import type { Ffmpeg } from './ffmpeg.ts';
import type { VideoStream } from './probe.ts';
import { number, type ProbedStream, ratio, tag } from './probed.ts';
import { capture, fileAddress } from './process.ts';

/** Field orders by ffmpeg's names: which field is shown first. */
const FIELDS: Readonly<Record<string, 'top' | 'bottom'>> = { tt: 'top', bt: 'top', bb: 'bottom', tb: 'bottom' };

/** Codecs whose frames are often interlaced where neither stream nor container says so: asked of the first frames themselves. */
const ASKED = /^(dvvideo|mpeg4|mpeg2video|h264|vc1)$/;

/** Which field comes first, by the stream or else by its first frames. HEVC codes each field as a picture of its own; they stay so. */
export const fieldsOf = async (
  { index, codec_name: codec, field_order: order }: ProbedStream,
  path: string,
  { ffprobe, stall }: Ffmpeg,
  bounds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<VideoStream['fields']> => {
  if (codec === 'hevc' || order === 'progressive') return undefined;
  if (order !== undefined && order !== 'unknown') return FIELDS[order];
  if (!ASKED.test(String(codec))) return undefined;
  const entries = ['-select_streams', String(index), '-show_entries', 'frame=interlaced_frame,top_field_first', '-of', 'csv=p=0:nk=1'];
  const args = ['-v', 'error', ...bounds, '-read_intervals', '%+#3', ...entries, fileAddress(path)];
  const { stdout } = await capture(ffprobe.path, args, { signal, stall });
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

export const videoStream = (stream: ProbedStream): Omit<VideoStream, 'fields'> => {
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

export const displayed = (video: Omit<VideoStream, 'fields'>): { width: number; height: number } => {
  // the shorter side is kept, the other is stretched: no pixel is thrown away by squaring
  const width = Math.max(1, Math.round(video.codedWidth * Math.max(1, video.pixelAspect)));
  const height = Math.max(1, Math.round(video.codedHeight / Math.min(1, video.pixelAspect)));
  return video.rotation % 180 ? { width: height, height: width } : { width, height };
};
