// The measures of the bench against cases whose answer is known.
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import { paint } from '../../pipeline/bench/filter.ts';
import { likeness } from '../../pipeline/bench/likeness.ts';
import { steadiness } from '../../pipeline/bench/steadiness.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { flat, texture } from '../stages/clip.ts';

const still = ({ width, height }: Picture): FlowPair => ({
  width,
  height,
  forward: new Float32Array(2 * width * height),
  backward: new Float32Array(2 * width * height),
  hiddenInSecond: new Uint8Array(width * height),
  hiddenInFirst: new Uint8Array(width * height),
});

const never = () => false;

describe('likeness', () => {
  test('a picture is wholly like itself', () => {
    const { psnr, ...rest } = likeness(texture(40, 30), texture(40, 30));
    expect(psnr).toBe(Number.POSITIVE_INFINITY);
    for (const value of Object.values(rest)) expect(value).toBeCloseTo(1, 5);
  });

  test('a difference of 10 levels everywhere is 28.13 dB', () => {
    expect(likeness(flat(20, 20, [60, 60, 60]), flat(20, 20, [70, 70, 70])).psnr).toBeCloseTo(20 * Math.log10(25.5), 6);
  });

  test('less contrast is less sharp by as much, with the edges in place', () => {
    const truth = texture(64, 48);
    const pale = { ...truth, data: truth.data.map(value => 64 + value / 2) };
    const { sharpness, edges } = likeness(pale, truth);
    expect(sharpness).toBeCloseTo(0.5, 1);
    expect(edges).toBeGreaterThan(0.95);
  });
});

describe('steadiness', () => {
  test('a frame that differs by d from still neighbours: warp error d^2, flicker d', () => {
    const [dark, light] = [flat(32, 24, [50, 50, 50]), flat(32, 24, [56, 56, 56])];
    const { warpError, flicker } = steadiness([dark, light, dark, light], [still(dark), still(dark), still(dark)], never);
    expect(warpError).toBeCloseTo(36, 6);
    expect(flicker).toBeCloseTo(6, 6);
  });

  test('motion that is followed costs nothing', () => {
    const pictures = [0, 2, 4].map(dx => texture(64, 48, dx, 0));
    const right = { ...still(pictures[0]!), forward: new Float32Array(2 * 64 * 48).map((_, p) => (p % 2 ? 0 : 2)) };
    const flow = { ...right, backward: right.forward.map(value => -value) };
    expect(steadiness(pictures, [flow, flow], never).warpError).toBeLessThan(
      steadiness(pictures, [still(pictures[0]!), still(pictures[0]!)], never).warpError / 10,
    );
  });

  test('a key that stands out pops', () => {
    const calm = flat(32, 24, [50, 50, 50]);
    const next = flat(32, 24, [52, 52, 52]);
    const key = flat(32, 24, [70, 70, 70]);
    const flows = Array.from({ length: 4 }, () => still(calm));
    expect(steadiness([calm, next, key, next, calm], flows, n => n === 2).pop).toBeCloseTo(9, 6);
  });
});

test('the filter is the same for the same frame, and nearly so under a level of noise', () => {
  const frame = texture(48, 40);
  const noisy = { ...frame, data: frame.data.map((value, p) => Math.min(255, value + (p % 2))) };
  expect(paint(frame)).toEqual(paint(frame));
  expect(likeness(paint(noisy), paint(frame)).psnr).toBeGreaterThan(30);
});
