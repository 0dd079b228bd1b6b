import { describe, expect, test } from 'vitest';
import { joinAnchor, parseAnchor } from '../../config/anchor.ts';
import { UsageError } from '../../config/errors.ts';
import { settle } from '../../config/layers.ts';
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
    ['first', undefined],
    ['refresh 5', 5],
    ['refresh:1', 1],
  ])('%s', (rule, period) => {
    expect(parseAnchor(rule)).toBe(period);
  });

  test.each(['refresh', 'refresh 0', 'refresh -1', 'refresh 1.5', 'last', ''])('%j is refused', rule => {
    expect(() => settled({ anchor: rule })).toThrow(/--anchor must be first, or refresh N/);
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
