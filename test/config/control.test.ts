import { expect, test } from 'vitest';
import { parseControls } from '../../config/control.ts';

test.each([
  [['none'], []],
  [['tile'], [{ type: 'tile' }]],
  [['tile:0.5'], [{ type: 'tile', scale: 0.5 }]],
  [['canny=nets/canny'], [{ type: 'canny', folder: 'nets/canny' }]],
  [
    ['canny=C:\\nets\\canny:1', 'tile:.25'],
    [
      { type: 'canny', folder: 'C:\\nets\\canny', scale: 1 },
      { type: 'tile', scale: 0.25 },
    ],
  ],
  [['canny=a=b:c'], [{ type: 'canny', folder: 'a=b:c' }]],
])('%j is read', (values, expected) => {
  expect(parseControls(values)).toEqual(expected);
});

test.each([
  [['canyn=x'], /type must be one of tile, canny.* Did you mean canny\?/],
  [['none', 'tile'], /type must be one of/],
  [['tile='], /no folder/],
  [['tile:3'], /from 0 to 2/],
  [[''], /type must be one of/],
])('%j is refused', (values, message) => {
  expect(() => parseControls(values)).toThrow(message);
});
