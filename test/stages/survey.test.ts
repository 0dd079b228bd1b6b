// Dissolves, how much frames change, and key frames placed by it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import { changeMeter } from '../../stages/shots/change.ts';
import { chooseKeyframes, shotsOf } from '../../stages/shots/keyframes.ts';
import { surveyFrames } from '../../stages/shots/survey.ts';
import { flat, texture } from './clip.ts';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const shot = (frames: number, speed = 0.7): Picture[] => range(frames).map(i => texture(96, 64, speed * i, 0));
const upsideDown = ({ width, height, data }: Picture): Picture => ({
  width,
  height,
  data: data
    .slice()
    .reverse()
    .map(v => v * 0.6),
});
const other = (frames: number, speed = 0.7): Picture[] => shot(frames, speed).map(upsideDown);
const mixed = (a: Picture, b: Picture, t: number): Picture => ({ ...a, data: a.data.map((v, p) => Math.round(v + t * (b.data[p]! - v))) });
/** `a` goes over into `b` within `length` frames, both moving on. */
const dissolve = (a: readonly Picture[], b: readonly Picture[], length: number): Picture[] => [
  ...a.slice(0, a.length - length),
  ...range(length).map(n => mixed(a[a.length - length + n]!, b[n]!, (n + 1) / (length + 1))),
  ...b.slice(length),
];
const gain = (frames: readonly Picture[], of: (n: number) => number): Picture[] =>
  frames.map((frame, n) => ({ ...frame, data: frame.data.map(v => v * of(n)) }));

describe('dissolves', () => {
  test.each([6, 10, 16, 24])('one of %i frames begins a shot where it ends', async length => {
    const { cuts, dissolves } = await surveyFrames(dissolve(shot(40), other(40), length));
    expect(dissolves).toHaveLength(1);
    expect(cuts).toEqual([dissolves[0]!.last + 1]);
    expect(dissolves[0]!.first).toBeGreaterThanOrEqual(40 - length - 2); // it may begin later, where it has hardly begun
    expect(Math.abs(cuts[0]! - 40)).toBeLessThanOrEqual(2 + length / 4); // both shots move on, so the ends are soft
  });

  test('two, one after the other', async () => {
    const frames = dissolve(
      dissolve(shot(30), other(36), 10),
      shot(36, -0.7).map(p => ({ ...p, data: p.data.map(v => 255 - v) })),
      12,
    );
    const { cuts, dissolves } = await surveyFrames(frames);
    expect(dissolves).toHaveLength(2);
    expect(cuts).toHaveLength(2);
  });

  test.each<[string, Picture[]]>([
    ['a shot that moves', shot(60, 2)],
    ['a fast pan', shot(60, 11)],
    ['light that changes slowly', gain(shot(60), n => 0.4 + 0.01 * n)],
    ['fading to black', gain(shot(40), n => 1 - n / 39)],
    ['still frames', range(50).map(() => texture(96, 64))],
    ['one colour going over into another', range(50).map(n => flat(96, 64, [5 * n, 250 - 5 * n, 90]))],
  ])('%s is none', async (_, frames) => {
    expect(await surveyFrames(frames)).toMatchObject({ cuts: [], dissolves: [] });
  });

  test('a hard cut is a cut and no dissolve', async () => {
    expect(await surveyFrames([...shot(20), ...other(20)])).toMatchObject({ cuts: [20], dissolves: [] });
  });

  test('fading in from black begins a shot with the lit picture', async () => {
    const { cuts } = await surveyFrames([
      ...range(8).map(() => flat(96, 64, [0, 0, 0])),
      ...gain(shot(12, 0.3), n => n / 12),
      ...shot(20, 0.3),
    ]);
    expect(cuts).toHaveLength(1);
    expect(cuts[0]!).toBeGreaterThan(16);
  });
});

describe('change', () => {
  const total = (frames: readonly Picture[]): number => {
    const meter = changeMeter();
    return frames.reduce((sum, frame) => sum + meter(frame), 0);
  };
  test('still frames change nothing; faster ones more; sizes may change', () => {
    expect(total(range(5).map(() => texture(96, 64)))).toBe(0);
    const speeds = [0.5, 2, 6].map(speed => total(shot(8, speed)));
    expect(speeds[0]!).toBeGreaterThan(0);
    expect(speeds[1]!).toBeGreaterThan(speeds[0]!);
    expect(speeds[2]!).toBeGreaterThan(speeds[1]!);
    expect(total([flat(96, 64, [0, 0, 0]), flat(33, 17, [9, 9, 9]), flat(1, 1, [9, 9, 9])])).toBe(0);
  });
});

describe('key frames by change', () => {
  const auto = (changes: readonly number[], least = 4, most = 24, stops: readonly number[] = []) =>
    chooseKeyframes([{ first: 0, last: changes.length - 1 }], { least, most }, { changes, stops });

  test.each<[string, number[], number[]]>([
    ['one frame', [0], [0]],
    ['two frames', [0, 5], [0, 1]],
    ['nothing moves: as far apart as may be', Array(50).fill(0), [0, 24, 48, 49]],
    ['everything moves all the time: as near as may be', Array(13).fill(1), [0, 4, 8, 12]],
    ['one great change: keys on both sides', Array.from({ length: 20 }, (_, n) => (n === 9 ? 1.5 : 0)), [0, 8, 12, 19]],
    ['even change: evenly', Array(21).fill(0.1), [0, 10, 20]],
  ])('%s', (_, changes, keys) => expect(auto(changes)).toEqual(keys));

  test('every frame of a clip has a key frame on either side in its shot, within the bounds', () => {
    const clips = fc.record({
      changes: fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1, maxLength: 200 }),
      cuts: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 6 }),
      stops: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 4 }),
      least: fc.integer({ min: 1, max: 12 }),
      over: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(clips, ({ changes, cuts, stops, least, over }) => {
        const shots = shotsOf(changes.length, cuts);
        const rising = [...new Set(stops)].sort((a, b) => a - b);
        for (const spacing of [least, { least, most: least + over }]) {
          const most = typeof spacing === 'number' ? spacing : spacing.most;
          const keys = chooseKeyframes(shots, spacing, { changes, stops: rising });
          expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
          for (const { first, last } of shots) {
            const own = keys.filter(key => key >= first && key <= last);
            expect([own[0], own.at(-1)]).toEqual([first, last]);
            for (const [i, key] of own.slice(1).entries()) expect(key - own[i]!).toBeLessThanOrEqual(most);
          }
          for (const stop of rising) if (stop < changes.length) expect(keys).toContain(stop);
        }
      }),
    );
  });

  test('bounds must be whole numbers, the least first', () => {
    for (const spacing of [
      { least: 0, most: 4 },
      { least: 5, most: 4 },
      { least: 1.5, most: 4 },
    ])
      expect(() => chooseKeyframes([{ first: 0, last: 9 }], spacing)).toThrow('interval');
  });
});
