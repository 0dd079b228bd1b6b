import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { occlusion } from '../../stages/flow/consistency.ts';
import { estimatePair } from '../../stages/flow/estimate.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import { follow } from '../../stages/flow/follow.ts';
import { flowGrid, resizeFlow } from '../../stages/flow/grid.ts';
import { coloursOn, lumaOn } from '../../stages/flow/on-grid.ts';
import { grayscale, shrink, shrinkPicture } from '../../stages/vision/operators.ts';
import { endPointError, texture } from './clip.ts';
import { follow as plainFollow } from './plain/follow.ts';
import { occlusion as plainOcclusion } from './plain/occlusion.ts';

const constant = (width: number, height: number, dx: number, dy: number) =>
  Float32Array.from({ length: 2 * width * height }, (_, p) => (p % 2 === 0 ? dx : dy));

describe('grid', () => {
  test.each([
    [
      [64, 48],
      [64, 48],
    ],
    [
      [255, 255],
      [255, 255],
    ],
    [
      [512, 512],
      [256, 256],
    ],
    [
      [896, 504],
      [448, 252],
    ],
    [
      [541, 303],
      [271, 152],
    ],
    [
      [1920, 1080],
      [960, 540],
    ],
    [
      [3840, 2160],
      [960, 540],
    ],
  ] as const)('pictures of %j are estimated at %j', ([width, height], [w, h]) => {
    expect(flowGrid(width, height)).toEqual({ width: w, height: h });
  });

  test.each([
    [300, 255, 300],
    [600, 512, 600],
    [2000, 1200, 1000],
  ])('a fine grid of %i x %i pixels is %i cells wide', (width, height, cells) => {
    expect(flowGrid(width, height, 'fine').width).toBe(cells);
  });

  test('resizing scales a constant motion with the picture, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: -20, max: 20 }), (w, h, W, H, d) => {
        const flow = resizeFlow(constant(w, h, d, -d), { width: w, height: h }, { width: W, height: H });
        expect(flow).toHaveLength(2 * W * H);
        for (let p = 0; p < flow.length; p += 2) {
          expect(flow[p]).toBeCloseTo((d * W) / w, 3);
          expect(flow[p + 1]).toBeCloseTo((-d * H) / h, 3);
        }
      }),
    );
  });

  test('resizing reads a ramp at the centres of the new pixels', () => {
    const ramp = Float32Array.of(0, 0, 1, 0, 2, 0, 3, 0); // 4x1
    const twice = resizeFlow(ramp, { width: 4, height: 1 }, { width: 8, height: 1 });
    expect([...twice].filter((_, p) => p % 2 === 0)).toEqual([0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6]);
  });
});

describe('occlusion', () => {
  test.each<[string, [number, number], [number, number], number]>([
    ['a motion that leads back is visible', [3, 0], [-3, 0], 0],
    ['one within the slack is visible', [3, 0], [-2.5, 0], 0],
    ['one beyond it is hidden', [3, 0], [-2.4, 0], 1],
    ['stillness is visible', [0, 0], [0, 0], 0],
  ])('%s', (_, f, b, expected) => {
    const hidden = occlusion(constant(20, 10, ...f), constant(20, 10, ...b), 20, 10);
    expect(hidden[5 * 20 + 8]).toBe(expected);
  });

  test('what moves out of the frame is hidden, as the way back is 0 there', () => {
    const hidden = occlusion(constant(20, 10, 3, 0), constant(20, 10, -3, 0), 20, 10);
    expect([...hidden.subarray(0, 20)]).toEqual([...Array(17).fill(0), ...Array(3).fill(1)]);
  });
});

test('occlusion equals its twin at any size and motion, also where that is no number', () => {
  const side = fc.integer({ min: 1, max: 24 });
  const component = fc.oneof(
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.constantFrom(0, -1, 1, 23, 1e30, Number.NaN, Number.NEGATIVE_INFINITY),
  );
  fc.assert(
    fc.property(side, side, fc.infiniteStream(component), fc.boolean(), (width, height, components, leadsBack) => {
      const field = () => Float32Array.from({ length: 2 * width * height }, () => components.next().value!);
      const f = field();
      const b = leadsBack ? f.map(v => -v) : field();
      expect(occlusion(f, b, width, height)).toEqual(plainOcclusion(f, b, width, height));
    }),
    { numRuns: 300 },
  );
});

test('a plane is pulled along motion as by the twin', () => {
  const side = fc.integer({ min: 1, max: 24 });
  const component = fc.oneof(fc.double({ min: -30, max: 30, noNaN: true }), fc.constantFrom(0, -1, 0.5, 1e6));
  fc.assert(
    fc.property(side, side, fc.infiniteStream(component), fc.nat(255), (width, height, components, level) => {
      const map = Float32Array.from({ length: 2 * width * height }, () => components.next().value!);
      const data = Uint8Array.from({ length: width * height }, (_, p) => (level + 97 * p) % 256);
      expect(follow({ width, height, data }, map)).toEqual(plainFollow({ width, height, data }, map));
    }),
    { numRuns: 200 },
  );
});

test('a picture on a grid of half its size is what OpenCV makes of it', () => {
  const side = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(side, side, fc.nat(255), (width, height, level) => {
      const size = { width: 2 * width, height: 2 * height };
      const picture = { ...size, data: Uint8Array.from({ length: 12 * width * height }, (_, n) => (level + 89 * n + (n >> 3)) % 256) };
      expect(lumaOn(picture, { width, height })).toEqual(shrink(grayscale(picture), width, height));
      const colour = shrinkPicture(picture, width, height);
      expect(coloursOn(picture, { width, height })).toEqual({ colour, luma: grayscale(colour) });
    }),
    { numRuns: 100 },
  );
});

describe('estimate', () => {
  test.each<[number, number, readonly [number, number]]>([
    [320, 192, [0, 0]],
    [320, 192, [1.5, -0.75]],
    [320, 256, [6, 4]],
    [301, 270, [-9, 5]],
  ])('%ix%i moved by %j: both ways within a third of a cell, nothing hidden inside', (width, height, motion) => {
    const pair = estimatePair(texture(width, height), texture(width, height, ...motion), 'coarse');
    const [gx, gy] = [(motion[0] * pair.width) / width, (motion[1] * pair.height) / height];
    expect(endPointError(pair.forward, pair.width, pair.height, [gx, gy], 16)).toBeLessThan(0.34);
    expect(endPointError(pair.backward, pair.width, pair.height, [-gx, -gy], 16)).toBeLessThan(0.34);
    const inside = pair.hiddenInSecond.filter((_, p) => p % pair.width > 20 && p % pair.width < pair.width - 20);
    expect(inside.filter(value => value === 1).length / inside.length).toBeLessThan(0.05);
  });
});

describe('flow pool', () => {
  const flow = openFlow({ workers: 2 });
  afterAll(() => flow.close());

  test('gives what the estimate gives, in shared memory', async () => {
    const [a, b, c] = [texture(64, 48), texture(64, 48, 1, 0), texture(64, 48, 2, 1)];
    const [ab, bc] = await Promise.all([flow.pair(a, b), flow.pair(b, c, { detail: 'fine' })]);
    expect(ab.forward).toEqual(estimatePair(a, b, 'coarse').forward);
    expect(bc.backward).toEqual(estimatePair(b, c, 'fine').backward);
    expect(ab.forward.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('refuses pictures of two sizes', async () => {
    await expect(flow.pair(texture(64, 48), texture(48, 64))).rejects.toThrow(
      'flow: the pictures must be of one size, got 64x48 and 48x64',
    );
  });
});
