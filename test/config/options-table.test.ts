import { readFileSync } from 'node:fs';
import { expect, expectTypeOf, test } from 'vitest';
import { OPTION_NAMES, optionsLayer, settle } from '../../config/layers.ts';
import type { OptionSpec } from '../../config/option.ts';
import { type DerivedPartialOptions, OPTIONS } from '../../config/options.ts';
import { optionsMarkdown } from '../../config/options-table.ts';
import { optionsType } from '../../config/options-type.ts';
import type { PartialOptions } from '../../config/partial-options.ts';
import { valueText } from '../../config/value-text.ts';
import type { Request } from '../../pipeline/index.ts';
import { redoneWords } from '../../scripts/option-changes.ts';

const fileText = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/options.md is what the table says (npm run docs writes it)', () => {
  expect(fileText('docs/options.md')).toBe(optionsMarkdown(redoneWords));
});

test('config/partial-options.ts is what the table says (npm run docs writes it)', () => {
  expect(fileText('config/partial-options.ts')).toBe(optionsType());
});

test('the written type is the derived one, and a request takes it', () => {
  expectTypeOf<{ [K in keyof PartialOptions]: PartialOptions[K] }>().toEqualTypeOf<DerivedPartialOptions>();
  expectTypeOf<keyof PartialOptions>().toEqualTypeOf<keyof DerivedPartialOptions>();
  expectTypeOf<Request>().toExtend<PartialOptions>();
  // @ts-expect-error: no such choice
  expectTypeOf<{ sampler: 'heun' }>().toExtend<PartialOptions>();
});

test('every option has a default, or says what leaving it out means; none says both', () => {
  for (const name of OPTION_NAMES) {
    const spec: OptionSpec = OPTIONS[name];
    const byDefault = valueText(spec, spec.default);
    expect({ name, says: [byDefault, spec.without ?? ''].filter(text => text !== '') }).toMatchObject({ says: [expect.any(String)] });
  }
});

test.each([
  ['strength', ['Distance from the source. A number from 0 to 1.', 'Flag `--strength <x>`', '`0.75`, where neither preset nor model']],
  ['audio', ['`false`: leave the sound out.', '@defaultValue `true`']],
  ['start', ['Seconds, from 0; or a text such as `1:30`', '@defaultValue nothing is left out']],
  ['size', ['A whole number from 64 to 4096 pixels.', '@defaultValue `512`']],
  ['fromNoise', ['whatever `strength` says']],
])('an editor shows of %s its meaning, unit, default', (name, parts) => {
  const doc = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*readonly ${name}\\?:`).exec(fileText('config/partial-options.ts'))?.[1];
  const text = doc?.replace(/\s*\n\s*\*\s*/g, ' ');
  for (const part of parts) expect(text).toContain(part);
});

test('a request takes the spellings of the command line, and means the same', () => {
  const spelled: PartialOptions = { frames: '0-7', seed: 'random', start: '1:30', adaPeriod: '0.8,1', freeu: '1.1,1.2,1,0.9' };
  const { options } = settle([optionsLayer({ ...spelled, frames: undefined })]);
  expect(options).toMatchObject({ start: 90, adaPeriod: [0.8, 1], freeu: { b1: 1.1, b2: 1.2, s1: 1, s2: 0.9 } });
  expect(Number.isSafeInteger(options.seed)).toBe(true);
  for (const frames of ['0-7', 8, [0, 7]] as const) expect(settle([optionsLayer({ frames })]).options.frames).toEqual([0, 7]);
});
