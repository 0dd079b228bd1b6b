import { describe, expect, test } from 'vitest';
import { joinAnchor, parseAnchor } from '../../config/anchor.ts';
import { UsageError } from '../../config/errors.ts';
import { settle } from '../../config/layers.ts';
import { parseKeyframeSeed, parseKeyframesAt } from '../../config/place.ts';
import { PRESETS } from '../../config/presets.ts';

const settled = (values: Record<string, unknown>) => settle([{ origin: { kind: 'flag' }, values }]).options;

describe('periods', () => {
  test.each([
    ['0,0.1', [0, 0.1]],
    ['1,1', [1, 1]],
    ['off', 'off'],
    [
      [0.2, 0.3],
      [0.2, 0.3],
    ],
  ])('%j', (given, expected) => {
    expect(settled({ warpPeriod: given }).warpPeriod).toEqual(expected);
  });

  test.each(['0.5,0.2', '0', '0,1,1', '-0.1,1', '0,1.1', 'a,b', '', ',', 'on'])('%j is refused with its rule', given => {
    expect(() => settled({ crossPeriod: given })).toThrow(UsageError);
    expect(() => settled({ crossPeriod: given })).toThrow(/--cross-period must be off, or two fractions a,b/);
  });
});

describe('the anchor', () => {
  test.each([
    ['first', { at: [] }],
    ['refresh 5', { refresh: 5, at: [] }],
    ['refresh:1', { refresh: 1, at: [] }],
    ['12', { at: [{ frame: 12 }] }],
    ['0:01.5, 90', { at: [{ time: 1.5 }, { frame: 90 }] }],
  ])('%s', (rule, expected) => {
    expect(parseAnchor(rule)).toEqual(expected);
  });

  test.each(['refresh', 'refresh 0', 'refresh -1', 'refresh 1.5', 'last', '', '-1', '1,,2'])('%j is refused', rule => {
    expect(() => settled({ anchor: rule })).toThrow(/--anchor must be first, frames or times .* or refresh N/);
  });

  test('may be written as two words', () => {
    expect(joinAnchor(['a.mp4', '--anchor', 'refresh', '5', '-o', 'b'])).toEqual(['a.mp4', '--anchor', 'refresh 5', '-o', 'b']);
    const others = [
      ['--anchor', 'first', '5'],
      ['refresh', '5'],
      ['--anchor', 'refresh', 'clip.mp4'],
      ['--anchor', 'refresh 5'],
    ];
    for (const argv of others) expect(joinAnchor(argv)).toEqual(argv);
  });
});

describe('places and seeds of key frames', () => {
  test('a whole number is a frame; a colon, a point or an s make a time', () => {
    expect(parseKeyframesAt('0, 12,0:02.5,3s')).toEqual([{ frame: 0 }, { frame: 12 }, { time: 2.5 }, { time: 3 }]);
    expect(parseKeyframeSeed('10=7')).toMatchObject({ place: { frame: 10 }, seed: 7 });
    expect(parseKeyframeSeed('0:01.5=8')).toMatchObject({ place: { time: 1.5 }, seed: 8 });
  });

  test.each(['', '1,', 'x', '-3', '1;2'])('no places: %j', given => {
    expect(() => settled({ keyframesAt: given })).toThrow(/--keyframes-at must be frames with commas between them/);
  });

  test.each(['10', '=7', '10=', '10=-1', '10=1.5', '10=1=2', '10=99999999999999999999'])('no seed: %j', given => {
    expect(() => settled({ keyframeSeed: given })).toThrow(/--keyframe-seed .*: write FRAME=SEED/);
  });
});

test('every preset settles, and rerender has the windows of its WebUI', () => {
  for (const preset of Object.values(PRESETS)) expect(() => settled(preset)).not.toThrow();
  expect(settled(PRESETS.rerender!)).toMatchObject({
    steps: 20,
    warpPeriod: [0, 0.1],
    maskPeriod: [0.5, 0.8],
    adaPeriod: [0.8, 1],
    looseCfattn: true,
  });
});
