// How pictures of the user's are named for places in the clip.
import { expect, test } from 'vitest';
import { frameOfFile, parseKeyframe } from '../../config/supplied.ts';

test.each([
  ['10=a.png', { place: { frame: 10 }, path: 'a.png' }],
  ['0=C:\\keys\\a=b.png', { place: { frame: 0 }, path: 'C:\\keys\\a=b.png' }],
  ['1.5=a.png', { place: { time: 1.5 }, path: 'a.png' }],
  ['0:10=a.png', { place: { time: 10 }, path: 'a.png' }],
  ['1:02:03.5=a.png', { place: { time: 3723.5 }, path: 'a.png' }],
  ['2s=a.png', { place: { time: 2 }, path: 'a.png' }],
])('%s', (value, spec) => expect(parseKeyframe(value)).toEqual(spec));

test.each(['a.png', '=a.png', '10=', '-1=a.png', 'x=a.png', '1e3=a.png', '99999999999999999999=a.png', 's=a.png'])('%s is refused', value =>
  expect(() => parseKeyframe(value)).toThrow(`--keyframe ${value}: write FRAME=PICTURE`),
);

test.each([
  ['keyframe-000010.png', 10],
  ['keyframe-000010.JPG', 10],
  ['keyframe-1000000.png', 1000000],
  ['contact-sheet.png', undefined],
  ['keyframe-000010.png.part', undefined],
  ['keyframe-000010.psd', undefined],
  ['my keyframe-000010.png', undefined],
])('the file %s is for frame %s', (name, frame) => expect(frameOfFile(name)).toBe(frame));
