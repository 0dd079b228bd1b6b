import { expect, test } from 'vitest';
import { flowColours } from '../../stages/flow/colours.ts';

const colourOf = (x: number, y: number, longest = 1): number[] => [
  ...flowColours(Float32Array.of(x, y), { width: 1, height: 1 }, longest).data,
];

test.each([
  ['right', 1, 0, [255, 0, 0]],
  ['down', 0, 1, [128, 255, 0]],
  ['left', -1, 0, [0, 255, 255]],
  ['up', 0, -1, [128, 0, 255]],
  ['nowhere', 0, 0, [255, 255, 255]],
  ['further than the longest', 5, 0, [255, 0, 0]],
  ['half as far to the left', -0.5, 0, [128, 255, 255]],
  ['no number', Number.NaN, 1, [255, 255, 255]],
])('motion %s', (_, x, y, colour) => {
  expect(colourOf(x, y)).toEqual(colour);
});

test('without a longest length, nearly all of a field is within the range, and a field at rest is white', () => {
  const flow = new Float32Array(2 * 200);
  for (let p = 0; p < 200; p++) flow[2 * p] = p / 100;
  flow[2 * 199] = 1000; // an outlier does not make the others pale
  const { data } = flowColours(flow, { width: 20, height: 10 });
  expect([...data.subarray(3 * 198, 3 * 200)]).toEqual([255, 0, 0, 255, 0, 0]);
  expect(data[3 * 100 + 1]).toBeCloseTo(255 * (1 - 1 / 1.97), -1);
  expect([...flowColours(new Float32Array(8), { width: 2, height: 2 }).data]).toEqual(Array(12).fill(255));
});
