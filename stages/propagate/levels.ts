// What the patch search holds in memory for one size of the pictures, and the sizes it works at.
import type { Grid } from '../flow/grid.ts';
import type { Arena, Bytes, Floats, Integers, Words } from '../kernels/arena.ts';

/** 92 bytes a pixel. `key` is the source at the key frame, `frame` that of the frame being made. */
export type Level = Grid & {
  readonly keyRgb: Bytes;
  readonly frameRgb: Bytes;
  readonly luma: Bytes;
  /** Features, see kernels/propagate/features.ts. */
  readonly keyFeatures: Words;
  readonly frameFeatures: Words;
  /** The stylised key, RGBA; plain, and with a border of two pixels repeated. */
  readonly style: Bytes;
  readonly border: Bytes;
  /** The frame as it is made, RGBA. */
  readonly made: Bytes;
  /** The temporal guide at coarser levels, and what is made mixed with it, RGBA: tier `faithful` alone uses them. */
  readonly guide: Bytes;
  readonly guided: Bytes;
  /** Where each pixel stands in the key by the motion: x, y. */
  readonly places: Floats;
  /** The match of each pixel: x, y. */
  readonly matches: Words;
  /** Other matches that may be cheaper. */
  readonly others: Words;
  readonly distances: Integers;
  /** How often the style is used around each of its pixels; `rows` are scratch of that, or counts of each pixel alone. */
  readonly used: Integers;
  readonly rows: Integers;
  /** The matches that `rows` counts; which tiles of `used` are summed, and scratch of summing one. */
  readonly counted: Words;
  readonly summed: Bytes;
  readonly strip: Integers;
  /** Scratch of measuring distances. */
  readonly columns: Bytes;
  /** 1 where pixels are searched for. */
  readonly active: Bytes;
  /** What the search gets of this level, see {@link bindSearch}. */
  readonly job: Integers;
  readonly prices: Floats;
};

/** Side of the squares of pixels that uses are summed in (kernels/propagate/occupancy.ts). */
const TILE = 16;

const level = (arena: Arena, { width, height }: Grid): Level => {
  const count = width * height;
  const wide = (width + 4) * (height + 4);
  return {
    width,
    height,
    keyRgb: arena.bytes(3 * count),
    frameRgb: arena.bytes(3 * count),
    luma: arena.bytes(count),
    keyFeatures: arena.words(8 * wide),
    frameFeatures: arena.words(8 * wide),
    style: arena.bytes(4 * count),
    border: arena.bytes(4 * wide),
    made: arena.bytes(4 * count),
    guide: arena.bytes(4 * count),
    guided: arena.bytes(4 * count),
    places: arena.floats(2 * count),
    matches: arena.words(2 * count),
    others: arena.words(2 * count),
    distances: arena.integers(count),
    used: arena.integers(count),
    rows: arena.integers(count),
    counted: arena.words(2 * count),
    summed: arena.bytes(Math.ceil(width / TILE) * Math.ceil(height / TILE)),
    strip: arena.integers((TILE + 8) * TILE),
    columns: arena.bytes(24 * (width + 4)),
    active: arena.bytes(count),
    job: arena.integers(12),
    prices: arena.floats(3),
  };
};

/** The full size and halvings of it, `most` in all, none with a short side below `smallest`. */
const levelSizes = (size: Grid, most: number, smallest: number): Grid[] => {
  const sizes = [{ width: size.width, height: size.height }];
  for (let { width, height } = size; sizes.length < most; sizes.push({ width, height })) {
    [width, height] = [(width + 1) >> 1, (height + 1) >> 1];
    if (Math.min(width, height) < smallest) break;
  }
  return sizes;
};

/** Lays out at most so many levels for pictures of a size, finest first; `smallest` pixels on the short side. */
export const layOutLevels = (arena: Arena, size: Grid, most: number, smallest: number): Level[] =>
  levelSizes(size, most, smallest).map(each => level(arena, each));
