import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinFrames, splitFrames } from '../../models/denoise/join-frames.ts';
import { openDiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import type { Tensor } from '../../models/tensor.ts';
import { shotsOf } from '../../stages/shots/keyframes.ts';
import { clipNoise, drawWindow } from '../../stages/windows/draw.ts';
import { carryWeights, windowsOf } from '../../stages/windows/windows.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

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

  test('share at least the overlap with the one before; it fades over the second half of the overlap alone', () => {
    const [a, b, c] = windowsOf([{ first: 0, last: 29 }], { length: 16, overlap: 4 });
    expect([a, b, c]).toEqual([
      { first: 0, last: 15, shared: 0, from: 0, to: 13 },
      { first: 12, last: 27, shared: 4, from: 14, to: 25 },
      { first: 14, last: 29, shared: 14, from: 26, to: 29 },
    ]);
    expect(carryWeights(4, 4)).toEqual([1, 1, 2 / 3, 1 / 3]);
    expect(carryWeights(6, 3)).toEqual([1, 1, 1, 1, 2 / 3, 1 / 3]);
    expect(carryWeights(1, 1)).toEqual([1 / 2]);
    expect(carryWeights(3, 0)).toEqual([1, 1, 1]);
  });

  test('refuse an overlap as long as themselves', () => {
    expect(() => windowsOf([{ first: 0, last: 9 }], { length: 4, overlap: 4 })).toThrow(/overlap must be less/);
  });
});

describe('a window behind another', () => {
  const folder = temporaryFolder();
  let runtime: Runtime;
  beforeAll(async () => {
    writeClipModel(folder);
    runtime = await openRuntime({ device: 'cpu' });
  });
  afterAll(() => runtime.close());

  test('ends with the latents of the one before where it carries them on, and goes its own way behind', async () => {
    const model = await openDiffusionModel(folder, { runtime, controls: [] });
    const { conditioning } = await model.encodeText(['', 'an oil painting']);
    const drawing = { model, conditioning, sampling: { seed: 1, sampler: 'ddim' as const, steps: 4, guidance: 3, freeu: undefined } };
    const { signal } = new AbortController();
    const frames = Array.from({ length: 6 }, (_, index) => {
      const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => ((i * 7 + index * 13) % 256) / 2);
      return { width: 64, height: 64, data, index, time: index / 25 };
    });
    const latents = clipNoise(9, 0, [1, 4, 6, 8, 8]); // as good as any
    const free = splitFrames(await drawWindow(frames, undefined, 0.75, drawing, signal));
    const bound = splitFrames(await drawWindow(frames, { latents, shared: 4, overlap: 4 }, 0.75, drawing, signal));
    const distance = (a: Tensor, b: Tensor): number =>
      Math.sqrt(a.data.reduce((sum, v, i) => sum + (v - b.data[i]!) ** 2, 0) / a.data.length);
    const toEarlier = splitFrames(latents)
      .slice(-4)
      .map((frame, f) => distance(frame, bound[f]!) / distance(frame, free[f]!));
    expect(Math.max(toEarlier[0]!, toEarlier[1]!)).toBeLessThan(0.1); // the schedule ends with a little noise left
    expect(toEarlier[2]).toBeGreaterThan(0.2);
    expect(toEarlier[2]).toBeLessThan(0.45); // a third of the way
    expect(toEarlier[3]).toBeGreaterThan(toEarlier[2]!);
    expect(distance(bound[5]!, free[5]!)).toBeGreaterThan(0);
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
