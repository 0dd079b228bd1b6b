import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { philox4x32, type Words4 } from '../../models/math/philox.ts';
import { gaussian } from '../../models/math/random.ts';

const ones = 0xffffffff;

describe('philox4x32', () => {
  // The known-answer vectors of the Random123 distribution (kat_vectors, philox 4x32 10).
  const known: [Words4, [number, number], Words4][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  test.each(known)('counter %j with key %j gives %j', (counter, key, words) => {
    expect(philox4x32(counter, key)).toEqual(words);
  });
});

describe('gaussian', () => {
  const key = { seed: 7, purpose: 'start' };

  test('is Box-Muller over the Philox words, as the library functions compute it', () => {
    const { data } = gaussian({ ...key, frame: 3, step: 2 }, [4000]);
    const name = 0x652b04df; // FNV-1a of "start"
    let worst = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [a, b, c, d] = philox4x32([i / 4, 3, 2, name], [7, 0]);
      const expected = [
        [a, b],
        [c, d],
      ].flatMap(([u, v]) => {
        const r = Math.sqrt(-2 * Math.log((u! + 1) / 2 ** 32));
        return [r * Math.cos((2 * Math.PI * v!) / 2 ** 32), r * Math.sin((2 * Math.PI * v!) / 2 ** 32)];
      });
      for (let j = 0; j < 4; j++) worst = Math.max(worst, Math.abs(expected[j]! - data[i + j]!));
    }
    expect(worst).toBeLessThan(3e-7); // half a float32 ulp at 4
  });

  test('has the moments of a standard normal', () => {
    const { data } = gaussian(key, [200_000]);
    const moment = (p: number): number => data.reduce((sum, v) => sum + v ** p, 0) / data.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(moment(2)).toBeCloseTo(1, 1.7);
    expect(Math.abs(moment(3))).toBeLessThan(0.05);
    expect(moment(4)).toBeCloseTo(3, 1);
  });

  test('the same key gives the same bits, and a longer tensor begins like a shorter one', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (n, more, seed) => {
        const short = gaussian({ seed, purpose: 'x' }, [n]).data;
        expect(gaussian({ seed, purpose: 'x' }, [n + more]).data.subarray(0, n)).toEqual(short);
      }),
    );
  });

  test('seed, purpose, frame and step each give other noise', () => {
    const keys = [
      key,
      { ...key, seed: 8 },
      { ...key, seed: 2 ** 32 + 7 },
      { ...key, purpose: 'encode' },
      { ...key, frame: 1 },
      { ...key, step: 1 },
    ];
    const rows = keys.map(k => gaussian(k, [8]).data.join());
    expect(new Set(rows).size).toBe(keys.length);
  });

  test('bits that every machine must give', () => {
    expect([...new Uint32Array(gaussian({ seed: 1, purpose: 'start', frame: 5 }, [6]).data.buffer)]).toMatchInlineSnapshot(`
      [
        3191701392,
        3219820096,
        3192234100,
        1059236917,
        1046791863,
        1067207441,
      ]
    `);
  });

  test.each([-1, 1.5, 2 ** 53])('seed %d is refused', seed => {
    expect(() => gaussian({ seed, purpose: 'x' }, [1])).toThrow('seed must be an integer');
  });
});
