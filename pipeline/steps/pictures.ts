// Pictures as the bytes of an artifact: a JSON line with count and size, then one picture after the other as kernels/pictures.ts packs it.
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { Picture } from '../../media/frame.ts';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { whileSizeStays } from '../../stages/kernels/while-size-stays.ts';

type PicturesKernels = {
  pack(from: number, count: number, above: number, out: number): number;
  unpack(from: number, count: number, above: number, out: number): number;
};

/**
 * `size`: width and height of each picture. Earlier versions left `above` in place of it, or `width` and `height`, and their pictures in
 * zlib's format: rows less the row above, or pixels as they are.
 */
type Head = {
  readonly count: number;
  readonly size?: readonly [number, number];
  readonly above?: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
};

/** Bytes that kernels work on at once. */
const PAIR = 32;
/** Bytes that lie before a picture, beside the row above. */
const BEFORE = 16;

/** Packs and unpacks pictures of one size. */
const coderOf = whileSizeStays((width, height) => {
  const row = 3 * width;
  const count = row * height;
  const above = row * Math.ceil(BEFORE / row);
  const pairs = Math.ceil(count / PAIR);
  const regions = openArena(arena => ({
    before: arena.bytes(above + BEFORE),
    pixels: arena.bytes(PAIR * pairs),
    packed: arena.bytes(pairs * (PAIR + 1)),
  }));
  const { memory, pixels, packed } = regions;
  const kernels = loadKernels<PicturesKernels>('pictures', memory);
  return {
    pack: (data: Uint8Array): Uint8Array => {
      pixels.data.set(data);
      pixels.data.fill(0, count);
      return packed.data.slice(0, kernels.pack(pixels.at, count, above, packed.at));
    },
    /** The picture that lies at the beginning of the bytes, and how many of them it takes. */
    unpack: (bytes: Uint8Array): { data: Uint8Array<ArrayBuffer>; taken: number } => {
      packed.data.set(bytes.subarray(0, packed.data.length));
      const taken = kernels.unpack(packed.at, count, above, pixels.at);
      return { data: pixels.data.slice(0, count), taken };
    },
  };
});

/** Packs pictures of one size. */
export const packPictures = (pictures: readonly Picture[]): Uint8Array => {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const head: Head = { count: pictures.length, size: [width, height] };
  const bodies = pictures.map(({ data }) => coderOf(width, height).pack(data));
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...bodies]);
};

const inflated = promisify(inflate);

/** Pictures that earlier versions packed. */
const inflatePictures = async ({ count, ...head }: Head, body: Uint8Array): Promise<Picture[]> => {
  const [width, height] = head.above ?? [head.width!, head.height!];
  const size = width * height * 3;
  const data = await inflated(body);
  const pictures = Array.from({ length: count }, (_, i) => ({ width, height, data: data.subarray(i * size, (i + 1) * size) }));
  if (head.above) {
    for (const picture of pictures)
      for (let p = 3 * width; p < size; p++) picture.data[p] = picture.data[p]! + picture.data[p - 3 * width]!;
  }
  return pictures;
};

/** The pictures that {@link packPictures} packed. */
export const unpackPictures = async (bytes: Uint8Array): Promise<Picture[]> => {
  const end = bytes.indexOf(10);
  const head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Head;
  if (!head.size) return inflatePictures(head, bytes.subarray(end + 1));
  const [width, height] = head.size;
  let at = end + 1;
  return Array.from({ length: head.count }, () => {
    const { data, taken } = coderOf(width, height).unpack(bytes.subarray(at));
    at += taken;
    return { width, height, data };
  });
};
