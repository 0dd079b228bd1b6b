// The WebAssembly kernels against their plain twins: the same bytes from the same numbers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tensor } from '../../models/tensor.ts';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { grownAndBlurred } from '../../stages/keyframes/grow-blur.ts';
import { maxAround } from '../../stages/keyframes/masks.ts';
import { layOutBlend, openBlend, sharesOf } from '../../stages/propagate/blend.ts';
import { COLOUR_MAP_FLOATS } from '../../stages/propagate/colour-map.ts';
import { compose } from '../../stages/propagate/compose.ts';
import { styleRest } from '../../stages/propagate/fallback.ts';
import { lattice } from '../../stages/propagate/grid-map.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { borderBytes, layOutWarper, openWarper, padded } from '../../stages/propagate/warper.ts';
import { blend } from './plain/blend.ts';
import { compose as plainCompose } from './plain/compose.ts';
import { blur } from './plain/masks.ts';
import { doubt, witness } from './plain/visibility.ts';
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

test('masks are grown and blurred as by their twins, at any size', () => {
  const weights = [0.1, 0.25, 0.3, 0.25, 0.1];
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 21 }), fc.integer({ min: 1, max: 11 }), fc.nat(), (width, height, seed) => {
      const mask = Float32Array.from(bytes(width * height, seed), (byte, p) => ((p + seed) % 3 === 0 ? 0 : byte / 255));
      const grown = maxAround(tensor([height, width], mask), 2).data;
      expect(grownAndBlurred(mask, width, height, weights)).toEqual(blur(grown, width, height, weights));
    }),
    { numRuns: 60 },
  );
});

test('belief by motion and colours equals its twin, also where motion is no number or leads far out', () => {
  const move = fc.oneof(fc.double({ min: -6, max: 6, noNaN: true }), fc.constantFrom(Number.NaN, 1e5, -1e5, 0));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(),
      fc.infiniteStream(move),
      (width, height, seed, moves) => {
        const count = width * height;
        const picture = (n: number) => ({ width, height, data: bytes(3 * count, seed + n) });
        const [to, back] = [0, 1].map(() => Float32Array.from({ length: 2 * count }, () => moves.next().value!)) as [
          Float32Array,
          Float32Array,
        ];
        const { memory, ...at } = openArena(arena => ({
          to: arena.floats(2 * count),
          back: arena.floats(2 * count),
          key: arena.bytes(3 * count),
          frame: arena.bytes(3 * count),
          belief: arena.floats(count),
          gap: arena.floats(count),
          edge: arena.floats(count),
          row: arena.floats(count),
          sums: arena.floats(count),
        }));
        at.to.data.set(to);
        at.back.data.set(back);
        at.key.data.set(picture(0).data);
        at.frame.data.set(picture(1).data);
        const kernels = loadKernels<PropagateKernels>('propagate', memory);
        kernels.witness(at.to.at, at.back.at, at.key.at, at.frame.at, width, height, 0.03, 1, at.belief.at, at.gap.at, at.edge.at);
        const plain = witness(to, back, picture(0), picture(1), 0.03, 1);
        expect([at.belief.data, at.gap.data, at.edge.data]).toEqual([plain.belief, plain.gap, plain.edge]);
        kernels.doubt(at.belief.at, at.gap.at, at.edge.at, width, height, 60, 0.2, 50, at.row.at, at.sums.at);
        const left = doubt(plain, { width, height }, { noise: 60, forgiven: 0.2, range: 50 });
        expect([at.belief.data, at.gap.data]).toEqual([left.belief, left.residual]);
      },
    ),
    { numRuns: 60 },
  );
});

test('a chain of motion equals its twin, also where motion is no number or leads far out', () => {
  const move = fc.oneof(
    fc.double({ min: -9, max: 9, noNaN: true }),
    fc.constantFrom(Number.NaN, 1e5, -1e5, Number.NEGATIVE_INFINITY, 0, -0),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7 }), fc.infiniteStream(move), (width, height, moves) => {
      const field = () => Float32Array.from({ length: 2 * width * height }, () => moves.next().value!);
      const [step, chain, sum, plain] = [field(), field(), field(), field()];
      compose(step, chain, width, height, sum);
      plainCompose(step, chain, width, height, plain);
      expect(sum).toEqual(plain);
    }),
    { numRuns: 60 },
  );
});

test('a blend equals its twin, with one key and with two, with the fallback and with seams', () => {
  const side = fc.integer({ min: 1, max: 24 });
  const hidden = fc.double({ min: 0, max: 1, noNaN: true }).map(v => (v < 0.3 ? 0 : v));
  fc.assert(
    fc.property(side, side, side, side, fc.boolean(), fc.nat(), fc.infiniteStream(hidden), (width, height, gw, gh, lone, seed, belief) => {
      const grid = { width: gw, height: gh };
      const frame = { width, height, data: bytes(3 * width * height, seed) };
      const on = lattice(width, height, grid);
      const proposal = (n: number) => ({
        picture: bytes(4 * width * height, seed + n),
        belief: Float32Array.from({ length: gw * gh }, () => belief.next().value!),
        residual: Float32Array.from(bytes(gw * gh, seed + n)),
      });
      const [first, last] = [proposal(1), lone ? undefined : proposal(2)];
      const colours = Float32Array.from(bytes(COLOUR_MAP_FLOATS, seed + 3), byte => byte - 140);
      const rest = styleRest(last ? [first, last] : [first], frame, colours, on);
      const shares = sharesOf(first, last, 0.3);
      const plain = blend(
        [first.picture, (last ?? first).picture],
        [shares.first, shares.last],
        frame,
        on,
        shares.lost ? { colours, rest } : undefined,
      );
      const {
        blend: regions,
        memory,
        ...at
      } = openArena(arena => ({
        blend: layOutBlend(arena, frame, grid),
        side: arena.floats(width * height),
        trust: arena.floats(width * height),
        warper: layOutWarper(arena, frame, grid),
      }));
      const kernels = loadKernels<PropagateKernels>('propagate', memory);
      openWarper(kernels, at.warper, frame, grid);
      const mixed = openBlend(kernels, regions, at.warper, frame, grid)(first, last, 0.3, frame, colours, at);
      expect([mixed, at.side.data, at.trust.data]).toEqual([new Uint8Array(plain.picture.buffer), plain.side, plain.trust]);
    }),
    { numRuns: 60 },
  );
});
