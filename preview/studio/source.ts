// Frames of the source as the page shows them: small ones for the timeline, single ones at the size that is drawn.
import { shrinkPicture, webpBytes } from '../../media/picture.ts';
import type { Source } from '../../pipeline/session/source.ts';
import { Refused } from '../http/refuse.ts';

const THUMBNAILS = 48;
const THUMBNAIL_WIDTH = 128; // pixels
const AT_HAND = 24; // frames

export type SourceFrames = {
  /** Numbers of the frames that have small pictures. */
  readonly thumbnails: readonly number[];
  thumbnail(frame: number): Promise<Buffer>;
  frame(frame: number): Promise<Buffer>;
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
  const read = async (index: number): Promise<Buffer> => {
    for await (const frame of source.frames(source.size, { only: [index], purpose: 'a frame of the page' })) return webpBytes(frame, 92);
    throw new Refused(404, `The clip has no frame ${index + from}.`);
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
    frame: frame => {
      const index = frame - from;
      if (!(Number.isInteger(index) && index >= 0 && index < frames)) throw new Refused(404, `The clip has no frame ${frame}.`);
      const found = recent.get(index) ?? read(index);
      recent.delete(index);
      recent.set(index, found); // now the youngest
      found.catch(() => recent.delete(index));
      for (const oldest of recent.keys()) if (recent.size > AT_HAND) recent.delete(oldest);
      return found;
    },
  };
};
