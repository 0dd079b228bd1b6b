// Which files ffmpeg may take for a clip: a closed list of containers that hold their pictures themselves, each read by the demuxer that
// was found for it. Lists of other files (ffconcat, HLS, DASH, SDP, numbered pictures) would make ffmpeg read what the user never named.
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { MediaError } from './errors.ts';
import { decoderLimit, type Limits } from './limits.ts';

/** Demuxers of ffmpeg that open no file but the one they are given. */
// biome-ignore format: a table
const CONTAINERS = [
  'mov', 'mp4', 'matroska', 'webm', 'avi', 'gif', 'apng', 'mpegts', 'mpeg', 'mpegvideo', 'asf', 'asf_o', 'flv', 'live_flv', 'kux',
  'ogg', 'nut', 'mxf', 'ivf', 'rm', 'dv', 'wtv', 'gxf', 'lxf', 'nuv', 'nsv', 'pva', 'pmp', 'swf', 'bink', 'smk', 'roq', 'film_cpk',
  'cine', 'yuv4mpegpipe', 'mjpeg', 'mjpeg_2000', 'h261', 'h263', 'h264', 'hevc', 'vvc', 'evc', 'm4v', 'av1', 'obu', 'vc1', 'vc1test',
  'dirac', 'cavsvideo', 'avs2', 'avs3', 'dnxhd', 'flic', 'mtv', 'moflex', 'thp', 'vivo', '4xm', 'ea', 'cdxl', 'anm', 'idcin',
  'wc3movie', 'ipmovie', 'mm', 'mv', 'r3d',
] as const;

/** Demuxers of single pictures, and how a file begins that each reads, in hexadecimal digits. */
// biome-ignore format: a table
const PICTURES: readonly (readonly [demuxer: string, begin: RegExp])[] = [
  ['png_pipe', /^89504e470d0a1a0a/], ['jpeg_pipe', /^ffd8ff/], ['webp_pipe', /^52494646.{8}57454250/],
  ['bmp_pipe', /^424d.{24}(0c|28|34|38|40|6c|7c)000000/], ['tiff_pipe', /^(49492a00|4d4d002a)/],
  ['dpx_pipe', /^(53445058|58504453)/], ['exr_pipe', /^762f3101/], ['j2k_pipe', /^(0000000c6a502020|ff4fff51)/],
  ['jpegxl_pipe', /^(ff0a|0000000c4a584c20)/], ['qoi_pipe', /^716f6966/], ['psd_pipe', /^38425053/],
  ['pbm_pipe', /^503[14](0a|0d|20|09)/], ['pgm_pipe', /^503[25](0a|0d|20|09)/], ['ppm_pipe', /^503[36](0a|0d|20|09)/],
  ['pam_pipe', /^50370a/], ['gif', /^47494638/],
];

/** Whether a format has an index of its key frames, so that a seek lands on one before the time that is sought. */
export const isIndexed = (format: string): boolean => /^(mov|matroska|avi|mxf|nut|asf|flv)\b/.test(format);

/** Whether a format's clock starts anywhere, and may start anew where recordings were joined. */
export const isDiscontinuous = (format: string): boolean => /^(mpegts|mpeg)$/.test(format);

/** Whether a format holds one picture that is not shown for any time. */
export const isStill = (format: string): boolean => /_pipe$|^image2$/.test(format);

/** Pictures that nothing but their ending tells; read as one file, never as a numbered pattern. */
const BY_ENDING = ['.tga', '.pcx', '.sgi', '.ras', '.sun', '.xwd'];
const ONE_PICTURE = ['-f', 'image2', '-pattern_type', 'none'];

const WHITELIST = [...CONTAINERS, ...PICTURES.map(([demuxer]) => demuxer)].join(',');

/** Bytes in which a file tells what it is. */
const HEAD = 4096;

/** Texts that name other files, by how they begin behind a byte order mark. */
const LISTS: readonly (readonly [begin: RegExp, name: string])[] = [
  [/^ffconcat version/, 'a list of files to join (ffconcat)'],
  [/^#EXTM3U/, 'an HLS or M3U playlist'],
  [/^v=0\r?\n/, 'a session description (SDP)'],
  [/^<MPD\b/, 'a DASH manifest'],
  [/^<SmoothStreamingMedia\b/, 'a Smooth Streaming manifest'],
  [/^<(\w+:)?(CompositionPlaylist|AssetMap)\b/, 'an IMF playlist'],
  [/^<asx\b/i, 'an ASX playlist'],
  [/^\[playlist\]/i, 'a PLS playlist'],
  [/^;FFMETADATA/, 'a metadata file of ffmpeg'],
  [/^<svg\b/i, 'an SVG drawing'],
  [/^<(!doctype html|html)\b/i, 'a web page'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the file itself'],
];

const ADVICE = 'save what it names as one video first (`ffmpeg -i LIST -c copy clip.mkv`, with a list that you trust), then name that';

/** The first bytes of a file. */
export const headOf = async (path: string): Promise<Buffer> => {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const pictureOf = (head: Buffer): string | undefined => {
  const begins = head.toString('hex', 0, 32);
  return PICTURES.find(([, begin]) => begin.test(begins))?.[0];
};

/** Whether bytes are text in ASCII or a superset of it: no control characters but tabs and line ends. */
const isText = (head: Buffer): boolean => head.every(byte => byte >= 32 || byte === 9 || byte === 10 || byte === 13);

/** A text from its first word on: without a byte order mark, XML's declaration, comments and the type of an SVG. */
const firstWords = (head: Buffer): string =>
  head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .replace(/<\?xml[^>]*>|<!--[\s\S]*?-->|<!DOCTYPE svg[^>]*>/g, '')
    .trimStart();

/** @throws MediaError for a text: what it is, and what to do instead */
const refuseText = (path: string, head: Buffer): void => {
  const spelled = pictureOf(head) !== undefined || head.toString('latin1', 0, 10) === 'YUV4MPEG2 '; // formats that begin with words
  if (spelled || !isText(head)) return;
  const list = LISTS.find(([begin]) => begin.test(firstWords(head)))?.[1];
  if (list !== undefined) {
    const advice = /list|manifest|description/.test(list) ? ADVICE : 'give the video itself';
    throw new MediaError('MEDIA_TEXT', `${path} is ${list}, a text and no video: ${advice}`);
  }
  if (head.some(byte => byte > 126)) return; // the first bytes of a video may be of this kind by chance
  throw new MediaError('MEDIA_TEXT', `${path} holds text, not a video: check that it is the right file, or download it again`);
};

/** Whether a PNG is an animation: its `acTL` chunk stands before the pixels. */
const isAnimatedPng = (head: Buffer): boolean => {
  const [control, pixels] = [head.indexOf('acTL'), head.indexOf('IDAT')];
  return control > 0 && (pixels < 0 || control < pixels);
};

/** The demuxer of a picture, which ffmpeg would choose by the name of the file, and take `%03d` in it for a pattern. */
const pictureDemuxer = (path: string, head: Buffer): string[] => {
  const ending = extname(path).toLowerCase();
  if (/^\.mjpe?g$/.test(ending)) return ['-f', 'mjpeg'];
  const found = pictureOf(head);
  if (found === undefined) return BY_ENDING.includes(ending) ? ONE_PICTURE : [];
  return ['-f', found === 'png_pipe' && isAnimatedPng(head) ? 'apng' : found];
};

/** The demuxer that is asked for, what it may be and open, and how large frames may be. */
const bounded = (demuxer: readonly string[], limits: Limits): string[] => [
  ...demuxer,
  ...['-format_whitelist', demuxer === ONE_PICTURE ? 'image2' : WHITELIST, '-protocol_whitelist', 'file,pipe'],
  ...decoderLimit(limits),
];

/** Options with which ffprobe looks at a file. @throws MediaError (exit code 4) for a text */
export const probingOptions = async (path: string, limits: Limits): Promise<string[]> => {
  const head = await headOf(path);
  refuseText(path, head);
  return bounded(pictureDemuxer(path, head), limits);
};

/** Options with which every later opening reads the file by the demuxer that ffprobe named. */
export const openingOptions = (format: string, limits: Limits): string[] =>
  bounded(format === 'image2' ? ONE_PICTURE : ['-f', format.split(',')[0]!], limits);
