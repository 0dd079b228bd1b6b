import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinFrames, splitFrames } from '../../models/clip.ts';
import { gaussian } from '../../models/random.ts';
import { shotsOf } from '../../stages/shots/keyframes.ts';
import { clipNoise } from '../../stages/windows/draw.ts';
import { carryWeights, windowsOf } from '../../stages/windows/windows.ts';

const plans = fc
  .record({
    frames: fc.integer({ min: 1, max: 90 }),
    cuts: fc.array(fc.nat(90), { maxLength: 6 }),
    length: fc.integer({ min: 1, max: 20 }),
  })
  .chain(plan => fc.record({ ...toConstants(plan), overlap: fc.integer({ min: 0, max: plan.length - 1 }) }));
function toConstants<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}

describe('windows', () => {
  test('answer for every frame once, in order, and none crosses a cut', () => {
    fc.assert(
      fc.property(plans, ({ frames, cuts, length, overlap }) => {
        const shots = shotsOf(frames, cuts);
        const windows = windowsOf(shots, { length, overlap });
        expect(windows.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i))).toEqual(
          Array.from({ length: frames }, (_, i) => i),
        );
        for (const { first, last, from, to } of windows) {
          const shot = shots.find(s => first >= s.first && last <= s.last)!;
          expect(shot).toBeDefined();
          expect(last - first + 1).toBe(Math.min(length, shot.last - shot.first + 1)); // tails are moved back, not shortened
          expect(first <= from && to <= last).toBe(true);
        }
      }),
    );
  });

  test('share at least the overlap with the one before; it fades over the last shared frames alone', () => {
    const [a, b, c] = windowsOf([{ first: 0, last: 29 }], { length: 16, overlap: 4 });
    expect([a, b, c]).toEqual([
      { first: 0, last: 15, shared: 0, from: 0, to: 11 },
      { first: 12, last: 27, shared: 4, from: 12, to: 23 },
      { first: 14, last: 29, shared: 14, from: 24, to: 29 },
    ]);
    expect(carryWeights(4, 4)).toEqual([0.8, 0.6, 0.4, 0.2]);
    expect(carryWeights(6, 2)).toEqual([1, 1, 1, 1, 2 / 3, 1 / 3]);
    expect(carryWeights(3, 0)).toEqual([1, 1, 1]);
  });

  test('refuse an overlap as long as themselves', () => {
    expect(() => windowsOf([{ first: 0, last: 9 }], { length: 4, overlap: 4 })).toThrow(/overlap must be less/);
  });
});

describe('clips', () => {
  test('frames survive being joined and split', () => {
    const frames = [0, 1, 2].map(frame => gaussian({ seed: 3, purpose: 'x', frame }, [1, 4, 3, 5]));
    const clip = joinFrames(frames);
    expect(clip.dims).toEqual([1, 4, 3, 3, 5]);
    expect(clip.data[1 * 3 * 15 + 2 * 15 + 7]).toBe(frames[2]!.data[1 * 15 + 7]); // channel 1, frame 2
    expect(splitFrames(clip)).toEqual(frames);
  });

  test("a frame's noise depends on its place in the whole clip alone", () => {
    const long = splitFrames(clipNoise(5, 0, [1, 4, 6, 3, 5]));
    const late = splitFrames(clipNoise(5, 4, [1, 4, 2, 3, 5]));
    expect(late).toEqual(long.slice(4));
    expect(long[0]).not.toEqual(long[1]);
  });
});
