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

/** The highest bit of each of four bytes. */
const HIGH = 0x80808080 | 0;

/** Bytes by fours, where they and their rows lie so. */
const wordsOf = ({ buffer, byteOffset, length }: Uint8Array, row: number): Int32Array | undefined =>
  (byteOffset | length | row) & 3 ? undefined : new Int32Array(buffer, byteOffset, length >> 2);

/** Takes from every row of a picture but the first the one above, in place (bytes wrap around); `row` is the bytes of a row. */
const subtractAbove = (data: Uint8Array, row: number): void => {
  const words = wordsOf(data, row);
  if (!words) {
    for (let p = data.length - 1; p >= row; p--) data[p] = data[p]! - data[p - row]!;
    return;
  }
  // The highest bits apart, so that no byte borrows of the next one.
  for (let p = words.length - 1, above = p - (row >> 2); above >= 0; p--, above--) {
    const [a, b] = [words[p]!, words[above]!];
    words[p] = ((a | HIGH) - (b & ~HIGH)) ^ ((a ^ ~b) & HIGH);
  }
};

/** Undoes {@link subtractAbove}. */
const addAbove = (data: Uint8Array, row: number): void => {
  const words = wordsOf(data, row);
  if (!words) {
    for (let p = row; p < data.length; p++) data[p] = data[p]! + data[p - row]!;
    return;
  }
  for (let p = row >> 2, above = 0; p < words.length; p++, above++) {
    const [a, b] = [words[p]!, words[above]!];
    words[p] = ((a & ~HIGH) + (b & ~HIGH)) ^ ((a ^ b) & HIGH);
  }
};

/** Pictures one after the other, every row but a picture's first less the one above. */
const lessAbove = (pictures: readonly Picture[]): Uint8Array => {
  const out = new Uint8Array(pictures.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { width, data } of pictures) {
    out.set(data, at);
    subtractAbove(out.subarray(at, at + data.length), 3 * width);
    at += data.length;
  }
  return out;
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
  if (head.above) for (const picture of pictures) addAbove(picture.data, 3 * width);
  return pictures;
};
