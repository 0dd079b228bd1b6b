// The WebAssembly kernels against their plain twins: the same bytes from the same numbers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { lattice } from '../../stages/propagate/grid-map.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { borderBytes, layOutWarper, openWarper, padded } from '../../stages/propagate/warper.ts';
import { pack, warp } from './plain/warp.ts';

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
        const plain = new Uint8ClampedArray(3 * width * height);
        warp(pack(picture), map, lattice(width, height, grid), plain);
        const { key, seen, memory, ...regions } = openArena(arena => ({
          ...layOutWarper(arena, picture, grid),
          key: arena.bytes(borderBytes(picture)),
          seen: arena.bytes(4 * width * height),
        }));
        padded(picture.data, picture, 3, key.data);
        openWarper(loadKernels<PropagateKernels>('propagate', memory), regions, picture, grid).see(map, key, seen);
        expect(seen.data.filter((_, p) => p % 4 < 3)).toEqual(new Uint8Array(plain));
      }),
      { numRuns: 60 },
    );
  });
});
