// Frequency-decoupled guidance: the bands of a difference, and what their weights give.
import { describe, expect, test } from 'vitest';
import { guide } from '../../models/denoise/guidance.ts';
import { guideBands, lowBand } from '../../models/denoise/guidance-bands.ts';
import { difference, noise } from './graphs.ts';

const plane = (height: number, width: number, at: (y: number, x: number) => number): Float64Array =>
  Float64Array.from({ length: height * width }, (_, i) => at(Math.floor(i / width), i % width));
const largest = (values: Iterable<number>): number => Math.max(...[...values].map(Math.abs));

/** The low band along a line of 8, by matrices written out: blur with mirrored ends, means of two, linear doubling, blur. */
const LINE = 8;
const mirror = (i: number): number => (i < 0 ? -i : i >= LINE ? 2 * (LINE - 1) - i : i);
const blurLine = (x: readonly number[]): number[] =>
  x.map((_, i) => [1, 4, 6, 4, 1].reduce((sum, weight, k) => sum + (weight / 16) * x[mirror(i + k - 2)]!, 0));
const lowLine = (x: readonly number[]): number[] => {
  const small = [0, 1, 2, 3].map(
    i =>
      blurLine(x)
        .slice(2 * i, 2 * i + 2)
        .reduce((a, b) => a + b) / 2,
  );
  const large = x.map((_, i) => {
    const place = Math.min(3, Math.max(0, (i + 0.5) / 2 - 0.5)); // linear between centres, the edge beyond
    const [from, part] = [Math.floor(place), place % 1];
    return small[from]! * (1 - part) + (small[from + 1] ?? 0) * part;
  });
  return blurLine(large);
};

describe('the low band', () => {
  test('is all of a flat difference, and nothing of a checkerboard', () => {
    expect(
      largest(
        lowBand(
          plane(6, 9, () => 3),
          6,
          9,
        ).map(v => v - 3),
      ),
    ).toBeLessThan(1e-12);
    const board = lowBand(
      plane(16, 16, (y, x) => (-1) ** (x + y)),
      16,
      16,
    );
    expect(largest(board)).toBeLessThan(1e-12);
  });

  test('of rows that are alike is that of the line', () => {
    const line = [0.3, -1, 2, 0.7, 0.1, -0.4, 1.5, -2];
    const low = lowBand(
      plane(4, LINE, (_, x) => line[x]!),
      4,
      LINE,
    );
    expect(largest(low.subarray(0, LINE).map((v, x) => v - lowLine(line)[x]!))).toBeLessThan(1e-12);
  });

  test.each([
    [1, 1],
    [1, 7],
    [5, 3],
  ])('exists on %ix%i', (height, width) => {
    expect(
      lowBand(
        plane(height, width, (y, x) => y - x),
        height,
        width,
      ).every(Number.isFinite),
    ).toBe(true);
  });
});

describe('guidance by bands', () => {
  const dims = [2, 3, 8, 8];
  const [negative, prompt] = [noise('negative', dims), noise('prompt', dims)];

  test('of one weight is guidance with that weight, bit for bit', () => {
    const plain = guide(negative.data, prompt.data, dims, 7.5);
    expect(guide(negative.data, prompt.data, dims, 7.5, { bands: { low: 7.5, high: 7.5 } }).data).toEqual(plain.data);
    expect(guide(negative.data, prompt.data, dims, 3, { bands: { low: 7.5, high: 7.5 } }).data).toEqual(plain.data);
    const apart = guideBands(negative.data, prompt.data, dims, { low: 7.5, high: 7.5 });
    expect(difference({ dims, data: apart }, plain)).toBeLessThan(1e-5);
  });

  test('is linear: each band gets its own weight', () => {
    const only = (low: number, high: number) => guideBands(negative.data, prompt.data, dims, { low, high });
    const [both, lows, highs] = [only(5, 10), only(5, 0), only(0, 10)];
    expect(largest(both.map((v, i) => v - (lows[i]! + highs[i]! - negative.data[i]!)))).toBeLessThan(1e-5);
    expect(largest(both.map((v, i) => v - only(10, 5)[i]!))).toBeGreaterThan(0.1);
  });

  test('brings the spread back as ever', () => {
    const bands = { low: 5, high: 10 };
    const [wide, back] = [0, 1].map(rescale => guide(negative.data, prompt.data, dims, 7.5, { bands, rescale }).data);
    const spread = (data: Float32Array) => Math.sqrt(data.subarray(0, 192).reduce((sum, v) => sum + v * v, 0));
    expect(spread(back!)).toBeLessThan(spread(wide!) / 2);
  });
});
