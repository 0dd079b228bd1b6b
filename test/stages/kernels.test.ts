// The WebAssembly kernels against their plain twins: the same bytes from the same numbers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lattice } from '../../stages/propagate/grid-map.ts';
import { openWarp, pack, warp } from '../../stages/propagate/warp.ts';

const bytes = (count: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);

describe('warp', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const reach = fc.oneof(fc.double({ min: -60, max: 60 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e30, 0));

  test('equals its twin at any size, grid and displacement, also where that is no number', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.nat(), fc.infiniteStream(reach), (width, height, gw, gh, seed, moves) => {
        const picture = { width, height, data: bytes(3 * width * height, seed) };
        const grid = { width: gw, height: gh };
        const map = Float32Array.from({ length: 2 * gw * gh }, () => moves.next().value!);
        const [fast, plain] = [new Uint8ClampedArray(3 * width * height), new Uint8ClampedArray(3 * width * height)];
        openWarp(picture, grid)(map, fast);
        warp(pack(picture), map, lattice(width, height, grid), plain);
        expect(fast).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });
});
