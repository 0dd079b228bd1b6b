// The way from the frames of an interval to their key: one decision for all of them whether a place moves.
import { expect, test } from 'vitest';
import { standStill } from '../../stages/flow/standstill.ts';
import { onGrid, walk } from '../../stages/propagate/chain.ts';
import { texture } from './clip.ts';

const SIZE = { width: 64, height: 48 };
const STEP = 0.12; // cells a frame
const COUNT = 9;

/** A soft texture that moves slowly: a few levels of contrast, so that its first steps gain nothing over standing still. */
const faint = (shift: number) => {
  const { data } = texture(SIZE.width, SIZE.height, shift, 0);
  return onGrid({ ...SIZE, data: data.map(level => Math.round(120 + (level - 128) / 5)) }, SIZE);
};

const everywhere = (x: number): Float32Array =>
  Float32Array.from({ length: 2 * SIZE.width * SIZE.height }, (_, n) => (n % 2 === 0 ? x : 0));
const meanX = (map: Float32Array): number => map.reduce((sum, component, n) => sum + (n % 2 === 0 ? component : 0), 0) / (map.length / 2);

test('a slow motion goes on evenly: by one frame after another it would stand first and hurry then', () => {
  const key = faint(0);
  const frames = Array.from({ length: COUNT }, (_, i) => faint(STEP * (i + 1)));
  const next = walk(
    key,
    frames.map(frame => ({ frame, towards: everywhere(-STEP), away: everywhere(STEP) })),
    () => {},
  );
  const evenly = frames.map((_, i) => meanX(next().map) / (-STEP * (i + 1)));
  const singly = frames.map((frame, i) => {
    const map = everywhere(-STEP * (i + 1));
    standStill(map, key.luma, frame.luma);
    return meanX(map) / (-STEP * (i + 1));
  });
  const spread = (shares: readonly number[]): number => Math.max(...shares) - Math.min(...shares);
  expect(spread(singly)).toBeGreaterThan(0.5);
  expect(spread(evenly)).toBeLessThan(0.65 * spread(singly));
});

test('every frame has its link, in the order of the walk, in arrays of its own', () => {
  const frames = [1, 2, 3].map(shift => onGrid(texture(SIZE.width, SIZE.height, shift, 0), SIZE));
  const steps = frames.map(frame => ({ frame, towards: everywhere(-1), away: everywhere(1) }));
  const next = walk(onGrid(texture(SIZE.width, SIZE.height), SIZE), steps, () => {});
  for (const shift of [1, 2, 3]) expect(meanX(next().map)).toBeCloseTo(-shift, 0);
});
