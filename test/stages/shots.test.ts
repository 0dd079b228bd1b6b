import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import { detectCuts } from '../../stages/shots/cuts.ts';
import { chooseKeyframes, shotsOf } from '../../stages/shots/keyframes.ts';
import { difference, signature } from '../../stages/shots/signature.ts';
import { flat, stylise, texture } from './clip.ts';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const slow = (frames: number, start = 0): Picture[] => range(frames).map(i => texture(96, 64, start + 0.7 * i, 0));
const other = (frames: number): Picture[] => slow(frames).map(stylise).map(dark);
const dark = ({ width, height, data }: Picture): Picture => ({ width, height, data: data.map(value => value * 0.35) });
const twice = (picture: Picture): Picture[] => [picture, picture];
const bright = ({ width, height, data }: Picture): Picture => ({ width, height, data: data.map(value => Math.min(255, value + 120)) });

describe('cuts', () => {
  test.each<[string, Picture[], number[]]>([
    ['nothing', [], []],
    ['one frame', slow(1), []],
    ['one shot', slow(40), []],
    ['two shots', [...slow(15), ...other(15)], [15]],
    ['three shots', [...slow(12), ...other(9), ...slow(12, 40)], [12, 21]],
    ['a cut near the start', [...slow(3), ...other(15)], [3]],
    ['a cut near the end', [...slow(15), ...other(3)], [15]],
    ['a cut on the last frame', [...slow(15), ...other(1)], [15]],
    ['a flash of one frame', [...slow(10), ...slow(1, 7).map(bright), ...slow(10, 7.7)], []],
    ['a flash of two frames', [...slow(10), ...slow(2, 7).map(bright), ...slow(10, 8.4)], []],
    ['a fast pan', range(30).map(i => texture(96, 64, 14 * i, 3 * i)), []],
    [
      'pictures shown three times each, with fast motion between them',
      range(36).map(i => texture(96, 64, 14 * Math.floor(i / 3), 3 * Math.floor(i / 3))),
      [],
    ],
    ['a cut between pictures shown twice each', [...slow(8).flatMap(twice), ...other(8).flatMap(twice)], [16]],
    ['a fade to black', range(20).map(i => ({ ...texture(96, 64), data: texture(96, 64).data.map(v => v * (1 - i / 20)) })), []],
    ['frames of different sizes', [...slow(10), ...other(10).map(() => flat(33, 17, [20, 20, 60]))], [10]],
  ])('%s', async (_, frames, expected) => {
    expect(await detectCuts(frames)).toEqual(expected);
  });

  test('a signature tells sameness from difference', () => {
    const a = signature(texture(96, 64));
    expect(difference(a, a)).toEqual({ colours: 0, places: 0 });
    const { colours, places } = difference(signature(flat(16, 16, [0, 0, 0])), signature(flat(90, 40, [255, 255, 255])));
    expect(colours).toBeCloseTo(1);
    expect(places).toBeCloseTo(1);
  });
});

const clips = fc
  .integer({ min: 1, max: 400 })
  .chain(frames =>
    fc.record({ frames: fc.constant(frames), cuts: fc.array(fc.integer({ min: 1, max: Math.max(1, frames - 1) }), { maxLength: 12 }) }),
  );

describe('shots and key frames', () => {
  test.each([
    [[0, 0], 10, [0]],
    [[3, 4], 10, [3, 4]],
    [[0, 10], 10, [0, 10]],
    [[0, 11], 10, [0, 6, 11]],
    [[0, 20], 10, [0, 10, 20]],
    [[5, 29], 10, [5, 13, 21, 29]],
    [[0, 3], 1, [0, 1, 2, 3]],
  ] as const)('the shot %j at interval %i has the keys %j', ([first, last], interval, keys) => {
    expect(chooseKeyframes([{ first, last }], interval)).toEqual(keys);
  });

  test('an interval must be a whole number from 1', () => {
    for (const wrong of [0, -1, 2.5, Number.NaN]) expect(() => chooseKeyframes([{ first: 0, last: 9 }], wrong)).toThrow('interval');
  });

  test('shots cover the clip without gap or overlap', () => {
    fc.assert(
      fc.property(clips, ({ frames, cuts }) => {
        const shots = shotsOf(frames, cuts);
        expect(shots.flatMap(({ first, last }) => range(last - first + 1).map(i => first + i))).toEqual(range(frames));
      }),
    );
  });

  test('keys are sorted, unique, begin and end every shot, and are at most an interval apart within it', () => {
    fc.assert(
      fc.property(clips, fc.integer({ min: 1, max: 50 }), ({ frames, cuts }, interval) => {
        const shots = shotsOf(frames, cuts);
        const keys = chooseKeyframes(shots, interval);
        expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
        for (const { first, last } of shots) {
          const own = keys.filter(key => key >= first && key <= last);
          expect([own[0], own.at(-1)]).toEqual([first, last]);
          for (const [i, key] of own.slice(1).entries()) expect(key - own[i]!).toBeLessThanOrEqual(interval);
          expect(own.length).toBe(Math.ceil((last - first) / interval) + 1);
        }
      }),
    );
  });
});
