// The text of a picture, as A1111's web interface writes it.
import { expect, test } from 'vitest';
import { parseInfotext, quotedField } from '../../config/infotext.ts';

test('prompt, negative prompt and fields, some of them in quotes', () => {
  const text = [
    '(a boat:1.2), at sea',
    'second line: with a colon',
    'Negative prompt: grey, dull',
    'blurry',
    'Steps: 24, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 680973778, Size: 512x768, Model hash: 41429fdee1, Model: a.b-c, ' +
      'FreeU Stages: "[{\\"backbone_factor\\": 1.2}, {\\"skip_factor\\": 0.2}]", FreeU Schedule: "0.0, 1.0, 0.0", FreeU Version: 2, ' +
      'Lora hashes: "ph: 3e4f, b: 12", Version: v1.6.0',
  ].join('\n');
  const { prompt, negative, fields } = parseInfotext(text);
  expect(prompt).toBe('(a boat:1.2), at sea\nsecond line: with a colon');
  expect(negative).toBe('grey, dull\nblurry');
  expect(Object.fromEntries(fields)).toMatchObject({
    Steps: '24',
    Sampler: 'DPM++ 2M Karras',
    Size: '512x768',
    'FreeU Stages': '[{"backbone_factor": 1.2}, {"skip_factor": 0.2}]',
    'FreeU Schedule': '0.0, 1.0, 0.0',
    'Lora hashes': 'ph: 3e4f, b: 12',
    Version: 'v1.6.0',
  });
});

test.each<[string, string, string, number]>([
  ['a boat', 'a boat', '', 0],
  ['a boat\nNegative prompt: grey', 'a boat', 'grey', 0],
  ['Steps: 2, Seed: 3, Size: 8x8', '', '', 3],
  ['a boat: red, green', 'a boat: red, green', '', 0],
  ['', '', '', 0],
  ['a\r\nSteps: 1, Seed: 2, odd (thing): x, Size: 8x8\r\n', 'a', '', 3],
])('%j', (text, prompt, negative, fields) => {
  const read = parseInfotext(text);
  expect([read.prompt, read.negative, read.fields.size]).toEqual([prompt, negative, fields]);
});

test('a value comes back from its quotes', () => {
  for (const value of ['plain', 'a, b', 'x: y', 'line\nbreak', 'a "word", b']) {
    expect(parseInfotext(`p\nA: 1, B: ${quotedField(value)}, C: 3`).fields.get('B')).toBe(value);
  }
});

test.each(['a'.repeat(1e6), `"${',"'.repeat(3e5)}`, ' '.repeat(1e6), 'a:'.repeat(4e5)])('a text of a megabyte is no danger: %.8s', text => {
  expect(parseInfotext(`a boat\n${text}`).prompt).toContain('a boat');
});
