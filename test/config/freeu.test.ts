// FreeU's factors: resolved once, from all layers, to numbers.
import { describe, expect, test } from 'vitest';
import { FREEU_DEFAULTS } from '../../config/freeu.ts';
import { type Layer, settle } from '../../config/layers.ts';
import type { OriginKind } from '../../config/origin.ts';
import { parseSweep } from '../../config/sweep.ts';

type Given = readonly [kind: OriginKind, values: Record<string, unknown>];
const settled = (...given: Given[]) => settle(given.map(([kind, values]): Layer => ({ origin: { kind, detail: 'x' }, values })));
const freeu = (...given: Given[]) => {
  const { freeu } = settled(...given).options;
  return freeu === 'off' ? freeu : [freeu.b1, freeu.b2, freeu.s1, freeu.s2];
};

const MODEL: Given = ['model', { freeu: '1.1,1.2,1,0.9' }];
const DEFAULT = [1.1, 1.2, 1, 0.2];

describe('factors', () => {
  test.each<[string, Given[], unknown]>([
    ['nothing at all', [], DEFAULT],
    ['auto without a recommendation', [['flag', { freeu: 'auto' }]], DEFAULT],
    ['the recommendation', [MODEL], [1.1, 1.2, 1, 0.9]],
    ['auto takes the recommendation', [['flag', { freeu: 'auto' }], MODEL], [1.1, 1.2, 1, 0.9]],
    [
      'auto passes by weaker layers that are not the model',
      [['flag', { freeu: 'auto' }], ['preset', { freeu: 'off' }], MODEL],
      [1.1, 1.2, 1, 0.9],
    ],
    [
      'auto in the recommendation leaves it to the weaker one',
      [
        ['model', { freeu: 'auto' }],
        ['model', { freeu: '2,2,1,1' }],
      ],
      [2, 2, 1, 1],
    ],
    [
      'auto where the model says off',
      [
        ['request', { freeu: 'auto' }],
        ['model', { freeu: 'off' }],
      ],
      'off',
    ],
    ['four factors', [['flag', { freeu: '1,2,3,4' }], MODEL], [1, 2, 3, 4]],
    ['one factor over the default', [['flag', { freeuB1: '1.4' }]], [1.4, 1.2, 1, 0.2]],
    ['one factor over the recommendation', [['flag', { freeuS2: 0 }], MODEL], [1.1, 1.2, 1, 0]],
    ['one factor beside auto', [['flag', { freeu: 'auto', freeuB2: 3 }], MODEL], [1.1, 3, 1, 0.9]],
    ['one factor beside all four', [['flag', { freeu: '1,1,1,1', freeuS1: 0.5 }]], [1, 1, 0.5, 1]],
    ['factors of several layers', [['flag', { freeuB1: 2 }], ['file', { freeuB1: 3, freeuB2: 3 }], MODEL], [2, 3, 1, 0.9]],
    [
      'all four over a weaker factor',
      [
        ['flag', { freeu: '1,1,1,1' }],
        ['file', { freeuB1: 3 }],
      ],
      [1, 1, 1, 1],
    ],
    ['auto over a weaker factor', [['flag', { freeu: 'auto' }], ['file', { freeuB1: 3 }], MODEL], [1.1, 1.2, 1, 0.9]],
    [
      'off over a weaker factor',
      [
        ['flag', { freeu: 'off' }],
        ['file', { freeuB1: 3 }],
      ],
      'off',
    ],
  ])('%s', (_, given, expected) => {
    expect(freeu(...given)).toEqual(expected);
  });

  test('come from where the four were named', () => {
    expect(settled(['flag', { freeu: 'auto', freeuB1: 2 }], MODEL).origins.freeu).toMatchObject({ kind: 'model' });
    expect(settled(['flag', { freeuB1: 2 }]).origins).toMatchObject({ freeu: { kind: 'default' }, freeuB1: { kind: 'flag' } });
  });

  test.each<[Given[], RegExp]>([
    [[['flag', { freeu: 'off', freeuB1: 2 }]], /^--freeu-b1 sets a factor of FreeU, which is off \(flag\): give all four/],
    [
      [
        ['flag', { freeuS2: 0.2 }],
        ['preset', { freeu: 'off' }],
      ],
      /^--freeu-s2 .* which is off \(preset x\)/,
    ],
    [[['request', { freeu: 'off', freeuB2: 1 }]], /^options: freeuB2 /],
    [[['flag', { freeuB1: '4.5' }]], /^--freeu-b1 must be a number from 0 to 4; got "4.5"/],
  ])('%j contradicts itself', (given, message) => {
    expect(() => settled(...given)).toThrow(message);
  });
});

test.each([0, 4, 4.01, 6, -1])('a sweep takes %d where the option does', factor => {
  const takes = (work: () => unknown): boolean => {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  };
  const option = takes(() => settled(['flag', { freeu: `${factor},1,1,1` }]));
  expect(takes(() => parseSweep([`b=${factor}`], FREEU_DEFAULTS.picture))).toBe(option);
  expect(takes(() => settled(['flag', { freeuB1: factor }]))).toBe(option);
});
