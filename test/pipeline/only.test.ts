// Which frames are re-rendered, how much of them is the drawing, and runs that would draw nothing: pure functions.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settle } from '../../config/layers.ts';
import { parseOnly } from '../../config/only.ts';
import { stepsAtStrength } from '../../models/samplers/schedule.ts';
import type { Analysis } from '../../pipeline/steps/analysis.ts';
import { checkDraws } from '../../pipeline/strategies/draws.ts';
import { onlyFrames } from '../../pipeline/strategies/only.ts';
import { weightsOf } from '../../pipeline/strategies/weights.ts';
import { blendPictures } from '../../stages/pictures/blend.ts';

const FRAMES = 50;
const survey: Analysis = {
  times: Array.from({ length: FRAMES }, (_, i) => i / 25),
  cuts: [],
  dissolves: [],
  changes: [],
  warnings: [],
  lastFrame: 1 / 25,
};
const frames = (...only: string[]) => onlyFrames({ only }, survey)?.map(({ first, last }) => [first, last]);

describe('parts', () => {
  test.each([
    [['10-20'], [[10, 20]]],
    [['0.4-0.8'], [[10, 19]]],
    [['0.4s-0.8s'], [[10, 19]]],
    [['0-1s'], [[0, 24]]],
    [['0:00-0:01'], [[0, 24]]],
    [['1.0-2'], [[25, 49]]],
    [['1-2'], [[1, 2]]],
    [['7-7'], [[7, 7]]],
    [['1.0-2.03'], [[25, 49]]], // an end that is rounded up
    [
      ['20-30', '5-8', '28-40'],
      [
        [5, 8],
        [20, 40],
      ],
    ], // prettier
    [['5-8', '9-12'], [[5, 12]]],
    [['5-20', '8-10'], [[5, 20]]],
  ])('%j are frames %j', (only, expected) => {
    expect(frames(...only)).toEqual(expected);
  });

  test('none is the whole clip', () => expect(frames()).toBeUndefined());

  test.each([
    ['40-50', /--only 40-50 lies outside the clip, which has 50 frames, 0-49, from 0\.00 s to 2\.00 s/],
    ['1.5-2.5', /--only 1\.5-2\.5 lies outside the clip, which has 50 frames/],
    ['1:02-1:05', /lies outside the clip/],
    ['0.401-0.402', /holds no frame/],
    ['0.6-0.2', /must not end before it begins/],
    ['30-20', /must not end before it begins/],
    ['0.5-0.5', /must not end before it begins/],
    ['30', /--only must be two frame numbers such as 30-60, or two times such as 0\.2-0\.6, 2s-5s or 1:02-1:05; got "30"/],
    ['1-2-3', /--only must be two frame numbers/],
    ['a-b', /--only must be two frame numbers/],
    ['', /--only must be two frame numbers/],
  ])('%j is refused in a sentence', (only, message) => {
    expect(() => frames(only)).toThrow(message);
  });

  test('what is misspelt is told when options are settled', () => {
    expect(() => settle([{ origin: { kind: 'flag' }, values: { only: ['x'] } }])).toThrow(/--only must be two frame numbers/);
    expect(parseOnly(['2s-5s', '2-5'])).toMatchObject([{ kind: 'times' }, { kind: 'frames' }]);
  });
});

describe('weights', () => {
  const round = (weights: readonly number[]) => weights.map(weight => Math.round(weight * 1000) / 1000);
  const times = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const of = (parts: [number, number][] | undefined, mix: number, onlyFade: number) =>
    round(
      weightsOf(
        times,
        parts?.map(([first, last]) => ({ first, last })),
        { mix, onlyFade },
      ),
    );

  test('are the mix in a part, and 0 outside', () => {
    expect(of(undefined, 1, 0)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(of(undefined, 0.25, 3)).toEqual(Array(9).fill(0.25));
    expect(of([[2, 4]], 1, 0)).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 0]);
    expect(of([[2, 4]], 0.5, 0)).toEqual([0, 0, 0.5, 0.5, 0.5, 0, 0, 0, 0]);
  });

  test('rise and fall at inner borders alone', () => {
    expect(of([[1, 7]], 1, 1)).toEqual([0, 0.5, 1, 1, 1, 1, 1, 0.5, 0]);
    expect(of([[0, 4]], 1, 1)).toEqual([1, 1, 1, 1, 0.5, 0, 0, 0, 0]);
    expect(of([[0, 8]], 1, 3)).toEqual(Array(9).fill(1));
    expect(of([[3, 5]], 1, 3)).toEqual([0, 0, 0, 0.25, 0.5, 0.25, 0, 0, 0]); // too short for both
  });
});

test('blending keeps both ends, and lies between them', () =>
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, b, weight) => {
        const [over, under] = [a, b].map(data => ({ width: 2, height: 2, data }));
        expect([...blendPictures(over!, under!, 1).data]).toEqual([...a]);
        expect([...blendPictures(over!, under!, 0).data]).toEqual([...b]);
        const mixed = blendPictures(over!, under!, weight).data;
        for (const [i, value] of mixed.entries())
          expect(Math.abs(value - (weight * a[i]! + (1 - weight) * b[i]!))).toBeLessThanOrEqual(0.5 + 1e-9);
      },
    ),
  ));

describe('a run of no denoising step', () => {
  test('is refused with the least strength and the least steps that draw', () => {
    expect(() => checkDraws({ steps: 8, strength: 0.1, strengthSteps: 'whole', fromNoise: false }, 'keyframes')).toThrow(
      '--strength 0.1 of 8 steps runs none of them, so nothing would be drawn: give at least --strength 0.125, or at least --steps 10. ' +
        'For a weak style draw at a usual strength and give --mix 0.3.',
    );
    expect(() => checkDraws({ steps: 20, strength: 0, strengthSteps: 'whole', fromNoise: false }, 'windows')).toThrow(
      /at least --strength 0\.05\. For a weak/,
    );
    expect(() => checkDraws({ steps: 1, strength: 0.75, strengthSteps: 'whole', fromNoise: true }, 'picture')).toThrow(
      /--strength 1, or at least --steps 2\./,
    );
    expect(() => checkDraws({ steps: 8, strength: 0.1, strengthSteps: 'whole', fromNoise: true }, 'keyframes')).not.toThrow();
    expect(() => checkDraws({ steps: 4, strength: 0.1, strengthSteps: 'spread', fromNoise: false }, 'keyframes')).not.toThrow();
    expect(() => checkDraws({ steps: 4, strength: 0, strengthSteps: 'spread', fromNoise: false }, 'windows')).toThrow(
      /strength 0\.001\. For/,
    );
  });

  test('what the sentence says draws', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, strength) => {
        try {
          checkDraws({ steps, strength, strengthSteps: 'whole', fromNoise: false }, 'keyframes');
          expect(stepsAtStrength(steps, strength)).toBeGreaterThan(0);
        } catch (error) {
          const [, least, more] = /give at least --strength ([\d.]+?)(?:, or at least --steps (\d+))?\. For/.exec(String(error)) ?? [];
          expect(stepsAtStrength(steps, strength)).toBe(0);
          expect(stepsAtStrength(steps, Number(least))).toBeGreaterThan(0);
          if (more) expect(stepsAtStrength(Number(more), strength)).toBeGreaterThan(0);
        }
      }),
    ));
});
