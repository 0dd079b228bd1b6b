import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SAMPLERS, type SamplerName } from '../../config/samplers.ts';
import { readSamplers } from '../../models/samplers/samplers.ts';
import { beginAt, firstStep, stepsAtStrength } from '../../models/samplers/schedule.ts';

const stable = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', clip_sample: false, steps_offset: 1 };

/** The timesteps that a run at this strength visits. */
const visited = (spacing: string, count: number, strength: number, how: 'whole' | 'spread', sampler: SamplerName = 'ddim') =>
  readSamplers({ ...stable, timestep_spacing: spacing, skip_prk_steps: true })
    .open(sampler, { count, ...beginAt(count, strength, how) })
    .steps.map(({ t }) => t);

const strengths = fc.double({ min: 0.001, max: 1, noNaN: true });

describe('spread steps', () => {
  test.each([
    [4, 1, [999, 749, 499, 249]],
    [4, 0.75, [749, 499, 249]],
    [4, 0.9, [899, 674, 449, 224]],
    [4, 0.6, [599, 399, 199]],
    [4, 0.3, [299, 149]],
    [4, 0.05, [49]],
    [1, 0.5, [499]],
  ])('%d steps at strength %d visit %j', (count, strength, expected) => {
    expect(visited('trailing', count, strength, 'spread')).toEqual(expected);
  });

  test('where whole steps begin at exactly this strength, they are those', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('trailing', 'leading'),
        fc.constantFrom(4, 5, 8, 20, 50),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (how, n, u) => {
          const run = Math.max(1, Math.round(u * n));
          expect(visited(how, n, run / n, 'spread')).toEqual(visited(how, n, (run + 1e-9) / n, 'whole'));
        },
      ),
    ));

  test('a run begins within a timestep of its strength, and takes less than one step more than its share', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), strengths, (count, strength) => {
        const times = visited('trailing', count, strength, 'spread');
        expect(times.length - count * strength).toBeGreaterThan(-1e-6);
        expect(times.length - count * strength).toBeLessThan(1);
        expect(Math.abs(times[0]! + 1 - 1000 * strength)).toBeLessThanOrEqual(Math.max(1, count / times.length));
      }),
    ));

  test('more strength never begins later, and never takes fewer steps', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), strengths, strengths, (count, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map(s => visited('trailing', count, s, 'spread'));
        expect(more!.length).toBeGreaterThanOrEqual(less!.length);
        expect(more![0]).toBeGreaterThanOrEqual(less![0]! - 1);
      }),
    ));

  test.each(SAMPLERS.filter(name => name !== 'auto'))('%s begins near the strength, and falls to the clean end', sampler => {
    for (const spacing of ['trailing', 'leading', 'linspace'])
      for (const strength of [0.15, 0.4, 0.85]) {
        const times = visited(spacing, 6, strength, 'spread', sampler);
        const distance = sampler.endsWith('karras') ? 350 : 1000 / 6; // even in the root of sigma, not in time
        expect(Math.abs(times[0]! - 1000 * strength)).toBeLessThan(distance);
        for (const [i, t] of times.slice(1).entries()) expect(t).toBeLessThanOrEqual(times[i]!);
        expect(times.at(-1)).toBeGreaterThanOrEqual(0);
      }
  });

  test.each(SAMPLERS.filter(name => name !== 'auto'))('%s has steps of falling noise for every strength', sampler =>
    fc.assert(
      fc.property(fc.constantFrom('trailing', 'leading', 'linspace'), fc.integer({ min: 1, max: 50 }), strengths, (spacing, count, s) => {
        const begin = beginAt(count, s, 'spread');
        const samplers = readSamplers({ ...stable, timestep_spacing: spacing, skip_prk_steps: true });
        const { steps } = samplers.open(sampler, { count, ...begin });
        expect(steps.length).toBeGreaterThanOrEqual(count - begin.first); // PNDM makes one more
        for (const { alphaBar, alphaBarNext } of steps) {
          expect(alphaBar).toBeGreaterThan(0);
          expect(alphaBarNext).toBeGreaterThanOrEqual(alphaBar);
        }
      }),
    ),
  );

  test('products that rounding leaves a bit above a whole number take no step more', () => {
    expect([stepsAtStrength(10, 0.7, 'spread'), stepsAtStrength(10, 0.3, 'spread'), stepsAtStrength(25, 0.28, 'spread')]).toEqual([
      7, 3, 7,
    ]);
  });

  test('strength 0 runs none', () => expect(firstStep(4, 0, 'spread')).toBe(4));
});
