// Pictures as the bytes of an artifact: a JSON line with count and size, then RGB24, each row less the one above, Huffman-coded.
import { promisify } from 'node:util';
import { constants, deflate, inflate } from 'node:zlib';
import type { Picture } from '../../media/frame.ts';

const deflated = promisify(deflate);
const inflated = promisify(inflate);

/** Bytes that the coder may add: with room for everything it hands out one piece, and not hundreds of 16 KB. */
const ROOM = 1024;
const LARGEST_PIECE = 64 * 2 ** 20; // bytes

/**
 * `above`: width and height of pictures whose rows are stored less the row above, as the filter `up` of PNG has it. Smooth pictures take a
 * quarter less so than by a search for repetitions, in half the time. Without it pixels are as they are, which earlier versions left.
 */
type Head = { readonly count: number; readonly above?: readonly [number, number]; readonly width?: number; readonly height?: number };

/** Pictures one after the other, every row but a picture's first less the one above (bytes wrap around). */
const lessAbove = (pictures: readonly Picture[]): Uint8Array => {
  const out = new Uint8Array(pictures.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { width, data } of pictures) {
    const row = 3 * width;
    out.set(data.subarray(0, row), at);
    for (let p = row; p < data.length; p++) out[at + p] = data[p]! - data[p - row]!;
    at += data.length;
  }
  return out;
};

/** Undoes {@link lessAbove} in one picture, in place. */
const addAbove = (data: Uint8Array, width: number): void => {
  for (let p = 3 * width; p < data.length; p++) data[p] = data[p]! + data[p - 3 * width]!;
};

/** Packs pictures of one size. */
export const packPictures = async (pictures: readonly Picture[]): Promise<Uint8Array> => {
  const first = pictures[0];
  const head: Head = { count: pictures.length, above: [first?.width ?? 0, first?.height ?? 0] };
  const body = lessAbove(pictures);
  const chunkSize = Math.min(body.length + (body.length >> 6) + ROOM, LARGEST_PIECE);
  const packed = await deflated(body, { strategy: constants.Z_HUFFMAN_ONLY, chunkSize });
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), packed]);
};

/** The pictures that {@link packPictures} packed. */
export const unpackPictures = async (bytes: Uint8Array): Promise<Picture[]> => {
  const end = bytes.indexOf(10);
  const head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Head;
  const [width, height] = head.above ?? [head.width!, head.height!];
  const size = width * height * 3;
  const data = await inflated(bytes.subarray(end + 1), { chunkSize: Math.min(head.count * size + ROOM, LARGEST_PIECE) });
  const pictures = Array.from({ length: head.count }, (_, i) => ({ width, height, data: data.subarray(i * size, (i + 1) * size) }));
  if (head.above) for (const picture of pictures) addAbove(picture.data, width);
  return pictures;
};
