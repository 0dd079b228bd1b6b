// Frames of the source as the page shows them: small ones for the timeline, single ones at the size that is drawn.
import { shrinkPicture, webpBytes } from '../../media/picture.ts';
import type { Source } from '../../pipeline/session/source.ts';
import { Refused } from '../http/refuse.ts';

const THUMBNAILS = 48;
const THUMBNAIL_WIDTH = 128; // pixels
const AT_HAND = 64; // frames
/** Frames that one pass reads where more are asked for in a row. */
const AHEAD = 24;

export type SourceFrames = {
  /** Numbers of the frames that have small pictures. */
  readonly thumbnails: readonly number[];
  thumbnail(frame: number): Promise<Buffer>;
  /** @param ahead whether the frames behind it will be asked for, too */
  frame(frame: number, ahead?: boolean): Promise<Buffer>;
};

/** Evenly chosen frames, the first among them. */
const chosen = (frames: number): number[] => {
  const apart = Math.max(1, frames / THUMBNAILS);
  return [...new Set(Array.from({ length: Math.min(frames, THUMBNAILS) }, (_, i) => Math.floor(i * apart)))];
};

/** @param from the number of the first frame, as pages count them */
export const openSourceFrames = (source: Source, { frames, from }: { readonly frames: number; readonly from: number }): SourceFrames => {
  const numbers = chosen(frames);
  const recent = new Map<number, Promise<Buffer>>();
  let small: Promise<Map<number, Buffer>> | undefined;

  const smallSize = () => {
    const { width, height } = source.size;
    const scale = Math.min(1, THUMBNAIL_WIDTH / width);
    const even = (n: number) => Math.max(2, 2 * Math.round((n * scale) / 2));
    return { width: even(width), height: even(height) };
  };
  const readSmall = async (): Promise<Map<number, Buffer>> => {
    const found = new Map<number, Buffer>();
    for await (const frame of source.frames(smallSize(), { only: numbers, purpose: 'the timeline' })) {
      found.set(frame.index, await webpBytes(await shrinkPicture(frame, THUMBNAIL_WIDTH), 70));
    }
    return found;
  };
  /** The frames first..last, each as soon as it is there. */
  const read = (first: number, last: number): Promise<Buffer>[] => {
    const only = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const pass = source.frames(source.size, { only, purpose: 'frames of the page' })[Symbol.asyncIterator]();
    let before: Promise<unknown> = Promise.resolve();
    return only.map(index => {
      const frame = before.then(() => pass.next());
      before = frame;
      return frame.then(({ value, done }) => {
        if (index === last) void pass.return?.();
        if (done) throw new Refused(404, `The clip has no frame ${index + from}.`);
        return webpBytes(value, 92);
      });
    });
  };
  const keep = (index: number, bytes: Promise<Buffer>): void => {
    recent.delete(index);
    recent.set(index, bytes); // now the youngest
    bytes.catch(() => recent.delete(index));
    for (const oldest of recent.keys()) if (recent.size > AT_HAND) recent.delete(oldest);
  };
  return {
    thumbnails: numbers.map(number => number + from),
    thumbnail: async frame => {
      small ??= readSmall();
      small.catch(() => (small = undefined));
      const bytes = (await small).get(frame - from);
      if (!bytes) throw new Refused(404, `The timeline has no picture of frame ${frame}.`);
      return bytes;
    },
    frame: (frame, ahead = false) => {
      const index = frame - from;
      if (!(Number.isInteger(index) && index >= 0 && index < frames)) throw new Refused(404, `The clip has no frame ${frame}.`);
      const last = ahead ? Math.min(frames - 1, index + AHEAD - 1) : index;
      if (!recent.has(index)) for (const [i, bytes] of read(index, last).entries()) keep(index + i, bytes);
      const found = recent.get(index)!;
      keep(index, found);
      return found;
    },
  };
};
