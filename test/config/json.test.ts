// JSON that others wrote: bounded, in UTF-8, refused in the reader's own words.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../config/errors.ts';
import { eachEntry, parseJson } from '../../config/json.ts';
import { OPTIONS } from '../../config/options.ts';
import { parseValue } from '../../config/parse.ts';
import { show } from '../../config/show.ts';

const fail = (reason: string): UsageError => new UsageError(`it ${reason}`);
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('parseJson', () => {
  test('gives what JSON.parse gives, from text and from bytes, with and without a byte order mark', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
        const text = JSON.stringify(value);
        const due = JSON.parse(text);
        for (const source of [text, `\uFEFF${text}`, Buffer.from(text), Buffer.from(`\uFEFF${text}`)])
          expect(parseJson(source, fail)).toEqual(due);
      }),
    );
  });

  test.each<[string, string | Uint8Array, string]>([
    ['no JSON', '{"a":', 'it is not JSON: '],
    ['nothing', '', 'it is not JSON: '],
    ['65 levels', deep(65), 'it nests JSON deeper than 64 levels'],
    ['a million levels', deep(1_000_000), 'deeper than 64 levels'],
    ['a million levels that never close', '{"a":'.repeat(1_000_000), 'deeper than 64 levels'],
    ['eleven million values', `[${'0,'.repeat(11_000_000)}0]`, 'it holds more than 10000000 values'],
    ['UTF-16 with its mark', Buffer.from('\uFEFF{"a":1}', 'utf16le'), 'it is text in UTF-16; save it again as UTF-8'],
    ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 'UTF-16'],
    ['UTF-16, big end first', Buffer.from('\uFEFF{"a":1}', 'utf16le').swap16(), 'UTF-16'],
    ['UTF-16 that was read as UTF-8', Buffer.from('\uFEFF{"a":1}', 'utf16le').toString('utf8'), 'UTF-16'],
    ['Latin-1', Buffer.from('{"a":"é"}', 'latin1'), 'it is not text in UTF-8'],
  ])('%s is refused', (_, source, message) => {
    expect(() => parseJson(source, fail)).toThrow(UsageError);
    expect(() => parseJson(source, fail)).toThrow(message);
  });

  test('brackets inside texts are no levels', () => {
    expect(parseJson(JSON.stringify({ a: '['.repeat(1000), b: '\\"[['.repeat(100) }), fail)).toMatchObject({ a: '['.repeat(1000) });
    expect(parseJson(deep(64), fail)).toBeDefined();
  });
});

const entries = (text: string): [string, unknown][] => {
  const found: [string, unknown][] = [];
  eachEntry(text, fail, (key, value) => found.push([key, value]));
  return found;
};

describe('eachEntry', () => {
  test('gives the entries of any object, however it is laid out', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(entries(` ${text}\n`)).toEqual(Object.entries(JSON.parse(text)));
      }),
    );
  });

  test('agrees with JSON.parse on what is JSON, for any damage', () => {
    const isObject = (text: string): boolean => {
      try {
        const value = JSON.parse(text);
        return typeof value === 'object' && value !== null && !Array.isArray(value);
      } catch {
        return false;
      }
    };
    const marks = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"\\""', '1', ' ', 'true', '"', '\\'), { maxLength: 12 });
    fc.assert(
      fc.property(marks, fc.nat(20), (parts, at) => {
        const whole = '{"x": [1, {"y": 2}], "z": {}}';
        for (const text of [parts.join(''), whole.slice(0, at) + parts.slice(0, 2).join('') + whole.slice(at)]) {
          let taken = true;
          try {
            entries(text);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
            taken = false;
          }
          expect([text, taken]).toEqual([text, isObject(text)]);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('tells equal keys, which JSON.parse drops', () => {
    expect(entries('{"a": 1, "b": {"a": 2, "a": 3}, "\\u0061": 4}')).toEqual([
      ['a', 1],
      ['b', { a: 3 }],
      ['a', 4],
    ]);
  });
});

describe('show', () => {
  test('writes small values as JSON does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), value => {
        fc.pre(JSON.stringify(value).length < 60 && !/-0/.test(JSON.stringify(value)));
        expect(show(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  test('never throws and stays short', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    let nested: unknown = 1;
    for (let i = 0; i < 100_000; i++) nested = [nested];
    for (const value of [circle, nested, 10n, () => 1, Symbol('s'), undefined, Array(1e6).fill(1), 'x'.repeat(1e6)])
      expect(show(value).length).toBeLessThan(1000);
  });

  test('an option of any depth is refused by its rule', () => {
    let nested: unknown = 1;
    for (let i = 0; i < 100_000; i++) nested = [nested];
    for (const spec of Object.values(OPTIONS)) {
      if (['texts', 'text'].includes(spec.type)) continue;
      expect(() => parseValue(spec, nested, 'here')).toThrow(UsageError);
    }
  });
});

test('the message of an error has an end', () => {
  expect(fail('x'.repeat(1e6)).message.length).toBeLessThan(2100);
});
