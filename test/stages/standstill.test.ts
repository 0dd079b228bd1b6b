// What stands still is not moved: the rule of stages/flow/standstill.ts.
import { describe, expect, test } from 'vitest';
import { addMisfits, standStill } from '../../stages/flow/standstill.ts';
import { grayscale, type Plane } from '../../stages/vision/operators.ts';
import { flat as flatPicture, texture as texturePicture } from './clip.ts';
import { standStill as plain } from './plain/standstill.ts';

const texture = (...given: Parameters<typeof texturePicture>): Plane => grayscale(texturePicture(...given));
const flat = (level: number): Plane => grayscale(flatPicture(48, 40, [level, level, level]));
const RULE = { radius: 8, floor: 0.25, noise: 0.3, clear: 1, near: 1.5 };
const GREY = flat(90);
const brighter = ({ data, ...size }: Plane): Plane => ({ ...size, data: data.map(level => Math.min(255, level + 12)) });
const everywhere = (width: number, height: number, x: number, y: number): Float32Array =>
  Float32Array.from({ length: 2 * width * height }, (_, n) => (n % 2 === 0 ? x : y));
const stayed = (map: Float32Array, key: Plane, frame: Plane): Float32Array => {
  const out = map.slice();
  standStill(out, key, frame);
  return out;
};

describe('a map to the key', () => {
  test.each([
    [1, 1],
    [7, 1],
    [2, 9],
    [40, 31],
  ])('is shortened by the formula, at %ix%i', (width, height) => {
    const key = texture(width, height, 0, 0);
    const frame = { ...key, data: key.data.map((level, n) => level + ((n * 7919) % 5) - 2) };
    const map = Float32Array.from({ length: 2 * width * height }, (_, n) => 2.4 * Math.sin(0.37 * n));
    const wanted = plain(map, key, frame, RULE);
    for (const [n, component] of stayed(map, key, frame).entries()) expect(Math.abs(component - wanted[n]!)).toBeLessThan(2e-4);
  });

  test('in a plain picture that does not change is none, whatever motion was guessed', () => {
    const wall = flat(140);
    expect(stayed(everywhere(48, 40, 1.2, -0.7), wall, wall).every(component => Math.abs(component) === 0)).toBe(true);
  });

  test('stays where a texture moves by a cell or by half of one, in other light too', () => {
    for (const shift of [1, 0.5]) {
      const moved = stayed(everywhere(48, 40, -shift, 0), texture(48, 40, 0, 0), brighter(texture(48, 40, shift, 0)));
      const mean = moved.reduce((sum, component) => sum - component, 0) / (48 * 40);
      expect(mean / shift).toBeGreaterThan(0.85);
    }
  });

  test('longer than three cells stays whatever it fits: plain things move, too', () => {
    const map = everywhere(48, 40, 3, 0);
    expect([...stayed(map, GREY, GREY)]).toEqual([...map]);
  });
});

test('means over a walk are sums of its frames, rounded once each', () => {
  const plane = (seed: number) => Float32Array.from({ length: 21 }, (_, n) => 40 * Math.abs(Math.sin(seed + n)));
  const mean = { still: plane(1), moved: plane(2) };
  const [one, weight] = [{ still: plane(3), moved: plane(4) }, 2 / 7];
  const wanted = (of: 'still' | 'moved') => mean[of].map((m, p) => m + weight * one[of][p]!);
  const both = { still: wanted('still'), moved: wanted('moved') };
  addMisfits(mean, one, weight, { width: 7, height: 3 });
  expect(mean).toEqual(both);
});
