// The streams of a file as ffprobe prints them: which of them is the picture, and what stands beside it.
import type { SideStream } from './probe.ts';

type Dict = Readonly<Record<string, string | number | undefined>>;
export type ProbedStream = Dict & { tags?: Record<string, string>; disposition?: Record<string, number>; side_data_list?: Dict[] };
export type Probed = {
  streams?: ProbedStream[];
  chapters?: unknown[];
  format?: Dict & { tags?: Record<string, string> };
};

export const number = (value: string | number | undefined): number | undefined => {
  const parsed = Number(value ?? Number.NaN);
  return Number.isFinite(parsed) ? parsed : undefined;
};

/** `30000/1001` or `8:9` as a number; `undefined` for `0/0`, `0:1`. */
export const ratio = (value: string | number | undefined): number | undefined => {
  const [num, den] = String(value ?? '')
    .split(/[/:]/)
    .map(Number);
  return num && den ? num / den : undefined;
};

/** A colour tag, unless it says that it does not know. */
export const tag = (value: string | number | undefined): string | undefined =>
  value === undefined || /^(unknown|unspecified|reserved)$/.test(String(value)) ? undefined : String(value);

export const isCover = (stream: ProbedStream): boolean => stream.disposition?.attached_pic === 1;

/** Frames that the container or a statistics tag of it counts. */
const framesOf = (stream: ProbedStream): number | undefined =>
  number(stream.nb_frames) || number(Object.entries(stream.tags ?? {}).find(([key]) => /^NUMBER_OF_FRAMES\b/.test(key))?.[1]) || undefined;

const PICTURE_CODECS = /^(mjpeg|png|bmp|gif|webp|tiff|jpeg2000|jpegls)$/;

/** Whether a stream moves: more than one frame, or, where nobody has counted, no codec of pictures. */
export const isFilm = (stream: ProbedStream): boolean => {
  const { timed_thumbnails: thumbnails, still_image: still } = stream.disposition ?? {};
  if (thumbnails || still) return false;
  const frames = framesOf(stream);
  return frames === undefined ? !PICTURE_CODECS.test(String(stream.codec_name)) : frames > 1;
};

/** The stream that a viewer sees: the film rather than a thumbnail, then the default one, then the largest. */
export const chooseVideo = (streams: readonly ProbedStream[]): ProbedStream | undefined => {
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

/** @param besideFilm whether the picture that is taken moves */
const typeOf = (stream: ProbedStream, besideFilm: boolean): SideStream['type'] => {
  if (isCover(stream)) return 'cover';
  const type = stream.codec_type;
  if (type === 'video') return besideFilm && !isFilm(stream) ? 'thumbnail' : 'video';
  return type === 'audio' || type === 'subtitle' || type === 'attachment' ? type : 'data';
};

/** A codec's tag in the file, unless it is empty: `[0][0][0][0]`. */
const codecTag = ({ codec_tag_string: spelled }: ProbedStream) => (String(spelled).startsWith('[0]') ? undefined : spelled);

export const sideStream = (stream: ProbedStream, besideFilm: boolean): SideStream => ({
  index: Number(stream.index),
  type: typeOf(stream, besideFilm),
  codec: String(stream.codec_name ?? codecTag(stream) ?? 'unknown'),
  language: stream.tags?.language,
  channels: number(stream.channels),
  layout: tag(stream.channel_layout),
});
