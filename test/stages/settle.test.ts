// A motion as its neighbourhood bears it out: the rules of stages/flow/settle.ts.
import { describe, expect, test } from 'vitest';
import { settle, structureOf } from '../../stages/flow/settle.ts';
import { grayscale, type Plane } from '../../stages/vision/operators.ts';
import { texture } from './clip.ts';

const SIZE = { width: 64, height: 48 };
const plane = (level: (x: number, y: number) => number, { width, height } = SIZE): Plane => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, p) => level(p % width, Math.floor(p / width))),
});
const field = (motion: (x: number, y: number) => readonly [number, number], { width, height } = SIZE): Float32Array =>
  Float32Array.from({ length: 2 * width * height }, (_, n) => motion((n >> 1) % width, Math.floor((n >> 1) / width))[n & 1]!);
const settled = (found: Float32Array, frame: Plane, misfit = 0): Float32Array => {
  const map = found.slice();
  settle(map, frame, structureOf(frame), new Float32Array(frame.data.length).fill(misfit));
  return map;
};
/** A number between -1 and 1 that follows no pattern. */
const noise = (n: number): number => 2 * ((Math.sin(12.9898 * n) * 43758.5453) % 1) ** 2 - 1;
const WIDE = grayscale(texture(SIZE.width, SIZE.height, 0, 0));

describe('structure', () => {
  test.each([
    [1, 1],
    [2, 9],
    [23, 17],
  ])('is the mean product of slopes over 5x5, at %ix%i', (width, height) => {
    const { data } = grayscale(texture(width, height, 0, 0));
    const at = (x: number, y: number): number => data[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))]!;
    const slopes = (i: number, j: number): readonly [number, number] => {
      const [x, y] = [Math.min(width - 1, Math.max(0, i)), Math.min(height - 1, Math.max(0, j))];
      return [(at(x + 1, y) - at(x - 1, y)) / 2, (at(x, y + 1) - at(x, y - 1)) / 2];
    };
    const found = structureOf({ width, height, data });
    for (let p = 0; p < width * height; p++) {
      const sums = [0, 0, 0];
      for (let k = 0; k < 25; k++) {
        const [dx, dy] = slopes((p % width) + (k % 5) - 2, Math.floor(p / width) + Math.floor(k / 5) - 2);
        for (const [n, product] of [dx * dx, dx * dy, dy * dy].entries()) sums[n] = sums[n]! + product / 25;
      }
      for (const [n, sum] of sums.entries()) expect(found[n * width * height + p]).toBeCloseTo(sum, 2);
    }
  });
});

describe('a motion that settles', () => {
  test('stays where a texture tells it', () => {
    const map = settled(
      field(() => [0.8, -0.4]),
      WIDE,
    );
    const mean = (from: number): number => map.reduce((sum, component, n) => sum + (n % 2 === from ? component : 0), 0) / (map.length / 2);
    expect(mean(0) / 0.8).toBeGreaterThan(0.9);
    expect(mean(1) / -0.4).toBeGreaterThan(0.9);
  });

  test('is none in a plain picture, whatever was guessed', () => {
    const guessed = field((x, y) => [noise(x + 64 * y), 1]);
    expect(
      settled(
        guessed,
        plane(() => 120),
      ).every(component => Math.abs(component) < 1e-6),
    ).toBe(true);
  });

  test('inside of a plain part goes with the contours of its surface, and not with a guess', () => {
    const inside = (x: number, y: number): boolean => Math.abs(x - 31) < 6 && Math.abs(y - 23) < 6;
    const frame = plane((x, y) => (inside(x, y) ? 120 : WIDE.data[y * SIZE.width + x]!));
    const guess = (x: number, y: number): readonly [number, number] => [0.8 + 0.4 * noise(x + 64 * y), 0.4 * noise(y + 48 * x)];
    const map = settled(
      field((x, y) => (inside(x, y) ? guess(x, y) : [0.8, 0])),
      frame,
    );
    const middle = 2 * (23 * SIZE.width + 31);
    expect(map[middle]).toBeGreaterThan(0.4);
    expect(map[middle]).toBeLessThan(0.85);
    expect(Math.abs(map[middle + 1]!)).toBeLessThan(0.2);
  });

  test('along a contour is what is beside it, across it what was found', () => {
    const edges = plane(x => (x % 16 < 8 ? 100 : 140));
    const map = settled(
      field((_, y) => [0.5, 0.8 * noise(y)]),
      edges,
    );
    const at = 2 * (24 * SIZE.width + 32); // on a contour
    expect(map[at]).toBeGreaterThan(0.4);
    expect(Math.abs(map[at + 1]!)).toBeLessThan(0.1);
  });

  test('does not pass a leap of brightness or of motion', () => {
    const [textured, wall] = [(x: number) => x < 32, 220];
    const frame = plane((x, y) => (textured(x) ? WIDE.data[y * SIZE.width + x]! / 2 : wall));
    const beside = settled(
      field(x => (textured(x) ? [1.2, 0] : [0, 0])),
      frame,
    );
    expect(Math.abs(beside[2 * (24 * SIZE.width + 44)]!)).toBeLessThan(0.15);
  });

  test('counts less where it explains the frame badly', () => {
    const found = field(() => [1, 0]);
    const middle = 2 * (24 * SIZE.width + 32);
    expect(settled(found, WIDE, 40)[middle]!).toBeLessThan(0.7 * settled(found, WIDE)[middle]!);
  });

  test('of three cells and more stays as found', () => {
    const found = field(() => [2.4, -1.8]);
    expect([
      ...settled(
        found,
        plane(() => 90),
      ),
    ]).toEqual([...found]);
  });

  test.each([
    [1, 1],
    [9, 1],
    [17, 31],
    [130, 66],
  ])('is a number everywhere, at %ix%i', (width, height) => {
    const frame = grayscale(texture(width, height, 0, 0));
    const map = settled(
      field((x, y) => [noise(x), noise(y)], { width, height }),
      frame,
    );
    expect(map.every(Number.isFinite)).toBe(true);
  });
});
