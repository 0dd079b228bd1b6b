// The measures of the bench against cases whose answer is known.

import { describe, expect, test } from 'vitest';
import { compare, verdict } from '../../bench/guard/compare.ts';
import { paint } from '../../bench/propagation/filter.ts';
import { likeness } from '../../bench/propagation/likeness.ts';
import { pop } from '../../bench/propagation/pop.ts';
import type { Picture } from '../../media/frame.ts';
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
  test('a luma that jumps by d from still neighbours: warp error (d / 255)^2, flicker d; the source stands still', () => {
    const [dark, light] = [flat(32, 24, [50, 50, 50]), flat(32, 24, [56, 56, 56])];
    const frames = [dark, dark, dark, dark];
    const { warpError, flicker } = steadiness([dark, light, dark, light], frames, [still(dark), still(dark), still(dark)]);
    expect(warpError.output).toBeCloseTo((6 / 255) ** 2, 9);
    expect(flicker.output).toBeCloseTo(6, 4);
    expect([warpError.source, flicker.source]).toEqual([0, 0]);
  });

  test('motion that is followed costs nothing', () => {
    const pictures = [0, 2, 4].map(dx => texture(64, 48, dx, 0));
    const right = { ...still(pictures[0]!), forward: new Float32Array(2 * 64 * 48).map((_, p) => (p % 2 ? 0 : 2)) };
    const flow = { ...right, backward: right.forward.map(value => -value) };
    const stays = still(pictures[0]!);
    const [followed, ignored] = [flow, stays].map(motion => steadiness(pictures, pictures, [motion, motion]).warpError.output);
    expect(followed!).toBeLessThan(ignored! / 10);
  });

  test('a key that stands out pops', () => {
    const [calm, next, key] = [50, 52, 70].map(level => flat(32, 24, [level, level, level])) as [Picture, Picture, Picture];
    expect(pop([calm, next, key, next, calm], n => n === 2)).toBeCloseTo(9, 6);
  });
});

test('the filter is the same for the same frame, and nearly so under a level of noise', () => {
  const frame = texture(48, 40);
  const noisy = { ...frame, data: frame.data.map((value, p) => Math.min(255, value + (p % 2))) };
  expect(paint(frame)).toEqual(paint(frame));
  expect(likeness(paint(noisy), paint(frame)).psnr).toBeGreaterThan(30);
});

test('a guard: counted work may not grow at all, a ratio by less than a fifth; what is new is no worse', () => {
  const before = { counted: { runs: 6, bytes: 100, clones: 2 }, ratios: { step: 10, frame: 5 } };
  const now = { counted: { runs: 6, bytes: 101, hints: 1 }, ratios: { step: 11.9, frame: 6.1 } };
  const worse = compare(now, before).filter(row => row.worse);
  expect(worse.map(({ name }) => name)).toEqual(['bytes', 'frame']);
  expect(compare(before, before).some(row => row.worse)).toBe(false);
  expect(compare(now, before).find(({ name }) => name === 'hints')?.before).toBeUndefined();
  expect(compare(now, before).find(({ name }) => name === 'clones')).toMatchObject({ before: 2, now: undefined, worse: false });
  expect(verdict(compare(now, before))).toBe('counted work: 3 of 4 figures differ, 1 grew');
  expect(verdict(compare(before, before))).toBe('counted work: 3 figures, none differs');
});
