// Motion that cannot be followed is none.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { soundFlows } from '../../stages/propagate/interval.ts';

const WILD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e6, -1e30];

test('a vector that is no number, or goes further than any picture, is taken as none; all others stay', () => {
  const side = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(side, side, fc.array(fc.nat(), { maxLength: 3 }), fc.constantFrom(...WILD), (width, height, places, wild) => {
      const count = 2 * width * height;
      const forward = Float32Array.from({ length: count }, (_, n) => 7 * Math.sin(n));
      for (const place of places) forward[place % count] = wild;
      const gone = new Set(places.map(place => (place % count) >> 1));
      const wanted = forward.map((v, n) => (gone.has(n >> 1) ? 0 : v));
      const hidden = new Uint8Array(width * height);
      const flow = { width, height, forward, backward: forward.slice(), hiddenInSecond: hidden, hiddenInFirst: hidden };
      expect(soundFlows([flow])).toEqual([{ ...flow, forward: wanted, backward: wanted }]);
    }),
  );
});
