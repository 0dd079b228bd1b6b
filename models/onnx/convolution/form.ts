// In which form a 3x3 convolution is written: the one rule, by shape. Its figures are measured: `npx tsx bench/convolutions.ts`.
import type { Tile } from './matrices.ts';

/** A 3x3 convolution of stride 1 that keeps the size, of pictures whose size is known when the graph is built. */
export type ConvShape = {
  readonly pictures: number;
  readonly channels: number;
  readonly out: number;
  /** Of the pictures that go in. */
  readonly height: number;
  readonly width: number;
  /** Whether every pixel stands for two by two before the convolution, so that the result has twice the size. */
  readonly doubled: boolean;
};

/**
 * - `'direct'`: nine products a pixel, after doubling where there is some; the runtime's own operator
 * - `'phases'`: of doubled pictures, four convolutions of 2x2 over the small picture, one for each place among two by two: 4 / 9 of the
 *   products
 * - a tile's side: Winograd's minimal filtering on tiles of so many pixels
 */
export type Form = 'direct' | 'phases' | Tile;

/** Chooses a form by shape. */
export type ConvolutionRule = (shape: ConvShape) => Form;

/** What every device has and does well. */
export const direct: ConvolutionRule = () => 'direct';

const LEAST_WORK = 4e8; // pairs of channels of all pixels: below, a session for all sizes is worth more than some milliseconds
const NARROWEST = 96; // channels: below it what goes in and out of the tiles costs more than it saves
const FEWEST_ROWS = 64; // of the products: below it the weights, which are larger, are read for too little work
const ROWS_OF_SIX = 1500; // from here on the largest tile pays: for weights 7.1 times as large, and for rounding twice as much
const LARGEST_OF_FOUR = 1.25 * 2 ** 20; // weights c out of which four times the memory is spent; 1280 x 1280 stays at 1.8 times

/** Tiles in all pictures: rows of each of the products. */
const tilesOf = ({ pictures, height, width }: ConvShape, m: Tile): number => pictures * Math.ceil(height / m) * Math.ceil(width / m);

/**
 * The fastest form for a CPU whose memory matters, too. Winograd's products have a row for each tile and read weights (m + 2)^2 / 9 times
 * as large, so that they need many tiles; and wide maps, as transforming tiles costs the same whatever becomes of them.
 */
export const fewestProducts: ConvolutionRule = shape => {
  const { pictures, channels, out, height, width, doubled } = shape;
  const work = pictures * channels * out * height * width * (doubled ? 4 : 1);
  if (Math.min(channels, out) < NARROWEST || work < LEAST_WORK) return 'direct';
  if (tilesOf(shape, 6) >= ROWS_OF_SIX) return 6;
  if (doubled) return tilesOf(shape, 4) >= FEWEST_ROWS && channels * out < 640 * 1280 ? 4 : 'phases';
  if (tilesOf(shape, 4) >= FEWEST_ROWS && channels * out <= LARGEST_OF_FOUR) return 4;
  return tilesOf(shape, 2) >= FEWEST_ROWS ? 2 : 'direct';
};
