// What kernels are tested on: sizes and numbers of a seed.
import fc from 'fast-check';

/** A picture's size, and what it is filled from. */
export const scene = fc.record({ width: fc.integer({ min: 1, max: 29 }), height: fc.integer({ min: 1, max: 23 }), seed: fc.nat() });

/** Numbers of a seed, 0 .. range - 1. */
export const noise =
  (seed: number, range: number) =>
  (n: number): number => {
    let h = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    return ((h ^ (h >>> 13)) >>> 0) % range;
  };

/** A region with a value in each place. */
export const filled = <T extends { data: { [n: number]: number; length: number } }>(region: T, value: (n: number) => number): T => {
  for (let n = 0; n < region.data.length; n++) region.data[n] = value(n);
  return region;
};
