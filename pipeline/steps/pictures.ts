// Pictures as the bytes of an artifact: a JSON line with count and size, then deflated RGB24.
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Picture } from '../../media/frame.ts';

const deflated = promisify(deflate);
const inflated = promisify(inflate);

/** Packs pictures of one size. Level 1: drawn pictures hardly compress further, and the disk is quicker than the coder. */
export const packPictures = async (pictures: readonly Picture[]): Promise<Uint8Array> => {
  const first = pictures[0];
  const head = Buffer.from(`${JSON.stringify({ count: pictures.length, width: first?.width ?? 0, height: first?.height ?? 0 })}\n`);
  const body = await deflated(Buffer.concat(pictures.map(p => p.data)), { level: 1 });
  return Buffer.concat([head, body]);
};

/** The pictures that {@link packPictures} packed. */
export const unpackPictures = async (bytes: Uint8Array): Promise<Picture[]> => {
  const end = bytes.indexOf(10);
  const { count, width, height } = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as {
    count: number;
    width: number;
    height: number;
  };
  const data = await inflated(bytes.subarray(end + 1));
  const size = width * height * 3;
  return Array.from({ length: count }, (_, i) => ({ width, height, data: data.subarray(i * size, (i + 1) * size) }));
};
