// Dense inverse search where the motion is known, and where there is nothing to find.
import { describe, expect, test } from 'vitest';
import { syntheticPairs } from '../../bench/flow-scenes.ts';
import { estimatePair } from '../../stages/flow/estimate.ts';
import { inverseSearch, residualSearch } from '../../stages/flow/inverse-search.ts';
import { lumaOn } from '../../stages/flow/on-grid.ts';
import { grayscale, type Plane } from '../../stages/vision/operators.ts';
import { endPointError, flat, texture } from './clip.ts';

const finite = (values: Float32Array): boolean => values.every(Number.isFinite);

const plane = (width: number, height: number, of: (p: number) => number): Plane => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, p) => of(p)),
});

describe('scenes with known motion', () => {
  const [width, height] = [480, 320];
  // Pixels, mean over what is seen in both: about twice what is measured (docs/motion.md), against Farneback's 0.3 to 20.
  const limits: Readonly<Record<string, number>> = {
    'occlusion: objects by 12, camera by 3': 0.3,
    'large: object by 45, camera by 30': 1,
    'large: camera by 60': 0.3,
    'rotation by 7 degrees': 0.6,
    'zoom by 8 %': 0.4,
    'textureless: plain objects, soft ground': 1.5,
    'light: 15 % brighter, camera by 4': 0.7,
    still: 0.001,
  };
  const pairs = syntheticPairs(width, height);
  test('every scene has a limit', () => expect(pairs.map(({ name }) => name)).toEqual(Object.keys(limits)));

  test.each(pairs)('$name', ({ name, first, second, flow, occluded }) => {
    const pair = estimatePair(first, second, 'fine');
    expect([pair.width, pair.height]).toEqual([width, height]);
    let [sum, count, told, hidden] = [0, 0, 0, 0];
    for (let p = 0; p < occluded.length; p++) {
      if (occluded[p] === 1) {
        hidden++;
        told += pair.hiddenInSecond[p]!;
        continue;
      }
      sum += Math.hypot(pair.forward[2 * p]! - flow[2 * p]!, pair.forward[2 * p + 1]! - flow[2 * p + 1]!);
      count++;
    }
    expect(sum / count).toBeLessThan(limits[name]!);
    if (hidden > 0.01 * occluded.length) expect(told / hidden).toBeGreaterThan(0.6);
    expect(finite(pair.backward)).toBe(true);
  });
});

describe('inverse search', () => {
  test.each([
    [1, 1],
    [5, 3],
    [8, 8],
    [7, 40],
    [33, 17],
    [64, 36],
  ])('planes of %ix%i: as many vectors as pixels, all of them numbers', (width, height) => {
    const { forward, backward } = inverseSearch(
      plane(width, height, p => (p * 37) % 256),
      plane(width, height, p => (p * 41) % 256),
    );
    expect([forward.length, backward.length]).toEqual([2 * width * height, 2 * width * height]);
    expect(finite(forward) && finite(backward)).toBe(true);
  });

  test.each([0, 128, 255])('constant pictures of level %i stand still', level => {
    const grey = plane(64, 48, () => level);
    expect(inverseSearch(grey, grey).forward.every(v => v === 0)).toBe(true);
  });

  test('from black to white: numbers', () => {
    const { forward, backward } = inverseSearch(
      plane(64, 48, () => 0),
      plane(64, 48, () => 255),
    );
    expect(finite(forward) && finite(backward)).toBe(true);
  });

  test('the same bytes whatever was estimated before', () => {
    const [a, b] = [grayscale(texture(96, 64)), grayscale(texture(96, 64, 4, 2))];
    const alone = inverseSearch(a, b);
    inverseSearch(b, a);
    expect(inverseSearch(a, b)).toEqual(alone);
    inverseSearch(grayscale(texture(40, 30)), grayscale(texture(40, 30, 1, 1)));
    expect(inverseSearch(a, b)).toEqual(alone);
    expect(inverseSearch(b, a)).toEqual({ forward: alone.backward, backward: alone.forward });
  });

  test('a change of light is no motion', () => {
    const lit = (p: Plane): Plane => ({ ...p, data: p.data.map(v => Math.min(255, v + 12)) });
    const [a, b] = [grayscale(texture(160, 96)), lit(grayscale(texture(160, 96, 3, -2)))];
    expect(endPointError(inverseSearch(a, b).forward, 160, 96, [3, -2], 12)).toBeLessThan(0.1);
  });

  test('a grid is never larger than the picture', () => {
    const picture = flat(40, 30, [1, 2, 3]);
    expect(lumaOn(picture, { width: 40, height: 30 }).data).toEqual(grayscale(picture).data);
    expect(lumaOn(picture, { width: 20, height: 15 }).data).toHaveLength(300);
  });
});

describe('what another estimate has left', () => {
  const scene = (dx: number, dy: number): Plane => grayscale(texture(120, 80, dx, dy));

  test.each([
    [0, 0],
    [0.5, -0.25],
    [2, 1.5],
    [-3, 2],
  ])('a shift by %d, %d pixels is found', (dx, dy) => {
    const found = residualSearch(scene(0, 0), scene(dx, dy));
    let [sum, count] = [0, 0];
    for (let y = 8; y < 72; y++) {
      for (let x = 8; x < 112; x++, count++) {
        const p = 2 * (120 * y + x);
        sum += Math.hypot(found[p]! - dx, found[p + 1]! - dy);
      }
    }
    expect(sum / count).toBeLessThan(0.1);
  });

  test('small planes, too', () => {
    const found = residualSearch(
      plane(5, 3, p => 9 * p),
      plane(5, 3, p => 9 * p + 2),
    );
    expect(found.length).toBe(30);
    expect(finite(found)).toBe(true);
  });
});
