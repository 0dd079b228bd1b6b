// Animated WebP, which ffmpeg cannot read: its pages as frames, each at its own time.
import sharp from 'sharp';
import type { DecodeOptions } from './decode.ts';
import { MediaError } from './errors.ts';
import { headOf } from './formats.ts';
import type { Frame } from './frame.ts';
import { checkFrameSize, checkRate, type Limits } from './limits.ts';
import type { MediaInfo } from './probe.ts';
import { resolveRange, TIME_SLACK } from './range.ts';

/** Milliseconds that a page is shown which asks for no time, and the longest that counts as none: what browsers do. */
const [DEFAULT_DELAY, NO_DELAY] = [100, 10];

/** Bytes of pages that are decoded at once; the format is decoded from its first page on, whichever is asked for. */
const AT_ONCE = 2 ** 26;

/** Whether bytes begin a WebP whose extended header says that it is animated. */
const isAnimatedWebp = (head: Buffer): boolean =>
  head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 16) === 'WEBPVP8X' && ((head[20] ?? 0) & 2) !== 0;

/** What an animated picture holds; `undefined` for any other file. @throws MediaError for a damaged one, and one beyond the limits */
export const probeAnimatedPicture = async (path: string, limits: Limits): Promise<MediaInfo | undefined> => {
  if (!isAnimatedWebp(await headOf(path))) return undefined;
  const metadata = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch(cause => {
      throw new MediaError(
        'MEDIA_DAMAGED',
        `${path} is an animated WebP that cannot be read (${cause.message}): it is damaged or cut short`,
        { cause },
      );
    });
  const { width, pages = 1, pageHeight: height = metadata.height, delay = [], hasAlpha } = metadata;
  checkFrameSize(path, width, height, limits);
  const delays = Array.from({ length: pages }, (_, page) => ((delay[page] ?? 0) > NO_DELAY ? delay[page]! : DEFAULT_DELAY));
  const duration = delays.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
  const rate = pages / duration;
  checkRate(path, rate, limits);
  return {
    path,
    container: 'webp',
    opening: [],
    delays,
    indexed: false,
    discontinuous: false,
    width,
    height,
    rate,
    duration,
    origin: 0,
    startTime: 0,
    video: {
      index: 0,
      codec: 'webp',
      codedWidth: width,
      codedHeight: height,
      rotation: 0,
      mirrored: false,
      pixelAspect: 1,
      pixelFormat: hasAlpha ? 'rgba' : 'rgb24',
      bitDepth: 8,
      colour: { primaries: undefined, transfer: undefined, matrix: undefined, range: 'pc' },
      hdr: undefined,
      alpha: hasAlpha,
      timeBase: { num: 1, den: 1000 },
      startTime: 0,
      endTime: duration,
      fields: undefined,
      baseRate: rate,
      frames: pages,
    },
    streams: [],
    chapters: 0,
    tags: {},
  };
};

/** Every page as raw RGB on black, in order, decoded some at once. */
async function* pagesOf({ path, width, video, crop }: MediaInfo, count: number, signal: AbortSignal | undefined) {
  const { codedHeight: height, codedWidth } = video;
  const size = codedWidth * height * 3;
  const chunk = Math.max(1, Math.floor(AT_ONCE / (codedWidth * height * 4)));
  for (let first = 0; first < count; first += chunk) {
    signal?.throwIfAborted();
    const pages = Math.min(chunk, count - first);
    const { data } = await sharp(path, { page: first, pages, limitInputPixels: false })
      .flatten({ background: 'black' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch(cause => {
        throw new MediaError('MEDIA_UNDECODABLE', `${path} cannot be decoded: ${cause.message}`, { cause });
      });
    for (let page = 0; page < pages; page++) {
      const raw = sharp(data.subarray(page * size, (page + 1) * size), { raw: { width: codedWidth, height, channels: 3 } });
      yield crop ? raw.extract({ left: crop.left, top: crop.top, width, height: height - crop.top - crop.bottom }) : raw;
    }
  }
}

/** As `decodeFrames`, for an animated picture. */
export async function* animatedFrames(info: MediaInfo, options: DecodeOptions): AsyncGenerator<Frame, void, undefined> {
  const { width, height, select, signal, warn = () => undefined } = options;
  const { delays = [], path, video } = info;
  const span = resolveRange(options.range, info.duration);
  if (video.alpha) warn(`${path} may have transparent parts, which are shown on black`);
  const wanted = select && new Set(select);
  const lastWanted = select ? (select.at(-1) ?? -1) : Number.POSITIVE_INFINITY;
  let number = 0;
  let index = 0;
  let elapsed = 0; // milliseconds
  for await (const page of pagesOf(info, delays.length, signal)) {
    const [time, place] = [elapsed / 1000, number];
    elapsed += delays[number++]!;
    if (time < span.start - TIME_SLACK || place < span.first) continue;
    if (time >= span.end - TIME_SLACK || place > span.last || index > lastWanted) return;
    if (!wanted || wanted.has(index)) {
      const data = await page.resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
      yield { width, height, data, index, time };
    }
    index++;
  }
}
