// What the motion cannot show: the kernels against their plain twins, equal bit for bit.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { filled, noise, scene } from './kernel-input.ts';
import { believe as plainBelieve, mark as plainMark } from './plain/mark.ts';

test('what has to be synthesised is marked, and then believed, as by the twins', () => {
  fc.assert(
    fc.property(scene, fc.boolean(), ({ width, height, seed }, hasBefore) => {
      const count = width * height;
      const { memory, ...on } = openArena(arena => ({
        distances: arena.integers(count),
        cells: arena.integers(count),
        belief: arena.floats(5),
        there: arena.floats(2 * count),
        before: arena.bytes(count),
        marks: arena.bytes(count),
        sums: arena.floats(5),
        counts: arena.floats(5),
      }));
      filled(on.distances, noise(seed, 100));
      filled(on.cells, noise(seed + 1, 5));
      filled(on.belief, n => noise(seed + 2, 11)(n) / 10);
      filled(on.there, n => noise(seed + 3, 4 * ((n % 2 ? height : width) - 1) + 1)(n) / 4);
      filled(on.before, noise(seed + 4, 2));
      const bounds = { least: 0.3, wrong: 80, stays: 40 };
      const kernels = loadKernels<PropagateKernels>('propagate', memory);
      const there = hasBefore ? on.there.at : 0;
      const from = [on.distances.at, on.cells.at, on.belief.at, there, on.before.at, width, height] as const;
      const any = kernels.mark(...from, bounds.least, bounds.wrong, bounds.stays, on.marks.at);
      const { distances, belief, before } = on;
      const given = { distances: distances.data, cells: on.cells.data, belief: belief.data, before: before.data };
      const wanted = plainMark({ ...given, there: hasBefore ? on.there.data : undefined }, { width, height }, bounds);
      expect(on.marks.data).toEqual(wanted);
      expect(any !== 0).toBe(wanted.includes(1));
      const trust = { unit: 9, noise: 1, range: 3, trust: 0.7 };
      const believed = plainBelieve({ ...given, belief: belief.data.slice() }, wanted, trust);
      const cells = [on.marks.at, on.distances.at, on.cells.at, count, 5] as const;
      kernels.believe(...cells, trust.unit, trust.noise, trust.range, trust.trust, on.sums.at, on.counts.at, on.belief.at);
      expect(on.belief.data).toEqual(believed);
    }),
    { numRuns: 100 },
  );
});
