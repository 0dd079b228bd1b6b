// FreeU's factors: resolved once, from all layers, to numbers.
import { describe, expect, test } from 'vitest';
import { authorsRow, autoRow, PLAIN_ROWS, type RowFacts, rerenderRow } from '../../config/freeu-rows.ts';
import { parseStages, stageTexts } from '../../config/freeu-stages.ts';
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
    [[['flag', { freeuB1: '10.5' }]], /^--freeu-b1 must be a number from -1 to 10; got "10.5"/],
  ])('%j contradicts itself', (given, message) => {
    expect(() => settled(...given)).toThrow(message);
  });
});

test.each([-1.01, -1, 0, 4, 10, 10.01])('a sweep takes %d where the option does', factor => {
  const takes = (work: () => unknown): boolean => {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  };
  const option = takes(() => settled(['flag', { freeu: `${factor},1,1,1` }]));
  expect(takes(() => parseSweep([`b=${factor}`], rerenderRow.factors))).toBe(option);
  expect(takes(() => settled(['flag', { freeuB1: factor }]))).toBe(option);
  expect(takes(() => settled(['flag', { freeuStage: [`3:s=${factor}`] }]))).toBe(option);
});

describe('rows', () => {
  const facts = (more: Partial<RowFacts>): RowFacts => ({
    family: 'stable-diffusion-1',
    path: 'my-model',
    loras: 0,
    purpose: 'prompt',
    ...more,
  });
  const factors = ({ factors: { b1, b2, s1, s2 } }: { factors: { b1: number; b2: number; s1: number; s2: number } }) => [b1, b2, s1, s2];

  test.each<[Partial<RowFacts>, number[], RegExp]>([
    [
      { path: '/m/models--CompVis--stable-diffusion-v1-4/snapshots/133a22' },
      [1.3, 1.4, 0.9, 0.2],
      /^the authors' for Stable Diffusion 1\.4$/,
    ],
    [{ path: '/m/v1-5-pruned-emaonly.safetensors' }, [1.5, 1.6, 0.9, 0.2], /Stable Diffusion 1\.5/],
    [{ family: 'stable-diffusion-2', path: 'stabilityai/stable-diffusion-2-1' }, [1.4, 1.6, 0.9, 0.2], /Stable Diffusion 2\.1/],
    [{ family: 'sdxl', path: 'C:\\models\\sd_xl_base_1.0.safetensors' }, [1.3, 1.4, 0.9, 0.2], /SDXL/],
    [{ family: 'text-to-video' }, [1.2, 1.4, 0.9, 0.2], /ModelScope/],
    [{ family: 'text-to-video', purpose: 'clip', loras: 1 }, [1.2, 1.4, 0.9, 0.2], /ModelScope/],
    [
      { path: 'my-v1-5-pruned-anime.safetensors' },
      [1.1, 1.2, 0.9, 0.2],
      /lower range, as the model is none that the authors name, of Stable Diffusion 1$/,
    ],
    [{ path: 'v1-5-pruned.ckpt', loras: 1 }, [1.1, 1.2, 0.9, 0.2], /lower range, as a LoRA is merged in/],
    [{ purpose: 'clip', path: 'v1-5-pruned.ckpt' }, [1.1, 1.2, 1, 0.2], /^Rerender's, for key frames with Stable Diffusion 1$/],
    [{ purpose: 'clip', path: '/m/models--CompVis--stable-diffusion-v1-2/snapshots/1' }, [1.1, 1.2, 1, 0.2], /^Rerender's/],
    [
      { purpose: 'clip' },
      [1.1, 1.2, 0.9, 0.2],
      /^the authors' lower range, as "my-model" is no name of Stable Diffusion 1 itself: a fine-tune$/,
    ],
    [{ purpose: 'clip', path: '/m/stable-diffusion-v1-5/anime.safetensors' }, [1.1, 1.2, 0.9, 0.2], /as "anime" is no name of/],
    [{ purpose: 'clip', path: 'v1-5-pruned.ckpt', loras: 2 }, [1.1, 1.2, 0.9, 0.2], /lower range, as a LoRA is merged in$/],
    [
      { purpose: 'clip', path: 'v1-5-pruned.safetensors', derived: 'sd_merge_models' },
      [1.1, 1.2, 0.9, 0.2],
      /says that it is a fine-tune or a merge \(sd_merge_models\)/,
    ],
    [
      { purpose: 'clip', family: 'sdxl', path: 'sd_xl_base_1.0.safetensors' },
      [1.1, 1.2, 0.9, 0.2],
      /lower range, for key frames with SDXL/,
    ],
    [{ family: undefined }, [1.1, 1.2, 0.9, 0.2], /a model of no family that is known/],
    [{ family: undefined, purpose: 'clip' }, [1.1, 1.2, 1, 0.2], /^Rerender's/],
  ])('auto with %j', (more, expected, why) => {
    const row = autoRow(facts(more));
    expect(factors(row)).toEqual(expected);
    expect(row.why).toMatch(why);
  });

  test('authors is the row of the model, else of what its family is named after', () => {
    expect(factors(authorsRow(facts({ path: 'sd-v1-4.ckpt' })))).toEqual([1.3, 1.4, 0.9, 0.2]);
    expect(factors(authorsRow(facts({})))).toEqual([1.5, 1.6, 0.9, 0.2]);
    expect(factors(authorsRow(facts({ family: 'sdxl', path: 'v1-5-pruned.ckpt' })))).toEqual([1.3, 1.4, 0.9, 0.2]);
  });

  test.each<[Given[], unknown, string]>([
    [[], DEFAULT, 'auto'],
    [[['flag', { freeu: 'authors' }], MODEL], [1.5, 1.6, 0.9, 0.2], 'authors'],
    [[['flag', { freeu: 'rerender' }], MODEL], DEFAULT, 'rerender'],
    [[['flag', { freeu: 'authors', freeuB1: 1.2 }]], [1.2, 1.6, 0.9, 0.2], 'authors'],
    [[['flag', { freeu: 'off' }], MODEL], 'off', 'off'],
    [[['file', { freeu: '1,1,1,1' }], MODEL], [1, 1, 1, 1], 'given'],
    [[MODEL], [1.1, 1.2, 1, 0.9], 'model'],
  ])('%j', (given, expected, row) => {
    expect(freeu(...given)).toEqual(expected);
    expect(settled(...given).freeuChoice.row).toBe(row);
  });

  test('a word that is none is refused with those that are', () => {
    expect(() => settled(['flag', { freeu: 'author' }])).toThrow(
      /^--freeu must be auto, authors, rerender, off, or four factors b1,b2,s1,s2 from -1 to 10/,
    );
  });
});

describe('stages', () => {
  test('are read, and written without what changes nothing', () => {
    const stages = parseStages(['1: b=1.4, offset=0.25', '3:b=1.1,s=0.8,high=1']);
    expect(stages).toEqual([{ b: 1.4, offset: 0.25 }, {}, { b: 1.1, s: 0.8, high: 1 }]);
    expect(stageTexts(stages)).toEqual(['1:offset=0.25', '3:b=1.1,s=0.8']);
    expect(stageTexts(parseStages(['2:cutoff=0,high=1', '3:b=1,s=1,width=0.4']))).toEqual([]);
  });

  const stagesOf = (...given: Given[]) => settled(...given).options.freeuStage;
  test('set factors as options of one factor do, and hold with the setting of their layer or a weaker one', () => {
    expect(freeu(['flag', { freeuStage: ['1:b=1.4', '2:s=0.5'] }])).toEqual([1.4, 1.2, 1, 0.5]);
    expect(freeu(['flag', { freeuStage: ['1:b=1.4'], freeuB1: 1.5 }])).toEqual([1.5, 1.2, 1, 0.2]);
    expect(stagesOf(['flag', { freeuStage: ['1:b=1.4,cutoff=0.3'] }])).toEqual(['1:cutoff=0.3']);
    const strong: Given = ['flag', { freeu: '1,1,1,1' }];
    const weak: Given = ['file', { freeuStage: ['3:b=1.3'] }];
    expect(stagesOf(strong, weak)).toEqual([]);
    expect(stagesOf(weak, strong)).toEqual(['3:b=1.3']);
    expect(stagesOf(['flag', { freeu: 'off' }], weak)).toEqual([]);
  });

  test.each<[string[], RegExp]>([
    [['b=1.1'], /^--freeu-stage "b=1\.1": no stage stands before a colon; write 3:b=1\.1,s=0\.8 with a stage from 1 to 3/],
    [['4:b=1.1'], /no stage stands before a colon/],
    [['1:b=1.1,c=2'], /"c=2" is no setting of a stage/],
    [['1:'], /"" is no setting of a stage/],
    [['1:constructor=1'], /is no setting/],
    [['1:b=1,b=2'], /b stands there twice/],
    [['1:cutoff=1.5'], /cutoff must be a number from 0 to 1/],
    [['1:width=x'], /width must be a number from -1 to 1/],
    [['1:b=1', '1:s=1'], /names stage 1 twice/],
  ])('%j is refused', (freeuStage, message) => {
    expect(() => settled(['flag', { freeuStage }])).toThrow(message);
  });

  test('are refused where FreeU is off', () => {
    expect(() => settled(['flag', { freeu: 'off', freeuStage: ['3:b=1.1'] }])).toThrow(
      /^--freeu-stage sets a factor of FreeU, which is off/,
    );
  });
});

describe('a sweep', () => {
  test('by default holds what the authors publish for the model, to the four factors', () => {
    const authors = { b1: 1.3, b2: 1.4, s1: 0.9, s2: 0.2 };
    const sweep = parseSweep(['default'], rerenderRow.factors, { authors })!;
    expect(sweep.cells.length).toBe(16);
    expect(sweep.cells.at(-1)).toMatchObject({ freeu: authors, label: 'b 1.3/1.4  s 0.9/0.2' });
    expect(sweep.cells[0]).toMatchObject({ identity: true });
    expect(parseSweep(['default'], rerenderRow.factors)!.cells.at(-1)!.freeu).toEqual(PLAIN_ROWS.authors.factors);
  });

  test('takes pairs, one factor for each stage; further settings leave no cell off', () => {
    const cells = parseSweep(['b=1,1.5/1.6', 's=1'], rerenderRow.factors, { further: true })!.cells;
    expect(cells.map(cell => [cell.freeu.b1, cell.freeu.b2, cell.identity])).toEqual([
      [1, 1, false],
      [1.5, 1.6, false],
    ]);
    for (const axis of ['b1=1/2', 'b=1/2/3', 'b=1/', 'b=/1', 'b=1/11'])
      expect(() => parseSweep([axis], rerenderRow.factors)).toThrow(/--freeu-sweep/);
  });
});

test('guidance by bands needs guidance', () => {
  expect(() => settled(['flag', { cfgLow: 5, cfgScale: 1 }])).toThrow(
    /^--cfg-low and --cfg-high part the guidance, and --cfg-scale 1 is none/,
  );
  expect(settled(['flag', { cfgHigh: 0 }]).options).toMatchObject({ cfgHigh: 0, cfgLow: undefined });
});
