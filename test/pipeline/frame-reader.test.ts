import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../media/frame.ts';
import { frameReader } from '../../pipeline/session/frame-reader.ts';

const frame = (index: number): Frame => ({ width: 1, height: 1, data: Uint8Array.of(index, 0, 0), index, time: index / 25 });

/** A pass over `count` frames that counts how many times it was opened and whether it was closed. */
const clip = (count: number) => {
  const seen = { opened: 0, closed: 0, delivered: 0 };
  const open = async function* () {
    seen.opened++;
    try {
      for (let i = 0; i < count; i++) {
        seen.delivered++;
        yield frame(i);
      }
    } finally {
      seen.closed++;
    }
  };
  return { open, seen };
};

describe('frame reader', () => {
  test('serves neighbouring ranges that share a border from one pass', async () => {
    const { open, seen } = clip(30);
    const reader = frameReader(open);
    const ranges = await Promise.all([reader.range(0, 10), reader.range(10, 20), reader.range(25, 25)]);
    expect(ranges.map(r => [r[0]!.index, r.at(-1)!.index, r.length])).toEqual([
      [0, 10, 11],
      [10, 20, 11],
      [25, 25, 1],
    ]);
    await reader.close();
    expect(seen).toEqual({ opened: 1, closed: 1, delivered: 26 });
  });

  test('serves what is asked for at the same moment from one pass, whatever the order', async () => {
    const { open, seen } = clip(30);
    const reader = frameReader(open);
    const ranges = await Promise.all([reader.range(20, 22), reader.range(3, 4), reader.range(12, 12)]);
    expect(ranges.map(range => range.map(({ index }) => index))).toEqual([[20, 21, 22], [3, 4], [12]]);
    await reader.close();
    expect(seen).toEqual({ opened: 1, closed: 1, delivered: 23 });
  });

  test('opens a new pass for a range that lies behind', async () => {
    const { open, seen } = clip(30);
    const reader = frameReader(open);
    await reader.range(20, 22);
    expect((await reader.range(3, 4)).map(f => f.index)).toEqual([3, 4]);
    await reader.close();
    expect(seen.opened).toBe(2);
    expect(seen.closed).toBe(2);
  });

  test('says so when the clip is shorter than it was', async () => {
    await expect(frameReader(clip(5).open).range(3, 9)).rejects.toThrow(/ended before frame 9/);
  });

  test('any rising ranges come whole', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 8 }), async borders => {
        const sorted = [...borders].sort((a, b) => a - b);
        const reader = frameReader(clip(41).open);
        for (const [i, last] of sorted.slice(1).entries()) {
          const first = sorted[i]!;
          expect((await reader.range(first, last)).map(f => f.index)).toEqual(
            Array.from({ length: last - first + 1 }, (_, k) => first + k),
          );
        }
        await reader.close();
      }),
    ));
});
