// PEFT's alpha patterns come from strangers: they match as PEFT says, and in time that the name bounds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byPattern } from '../../models/weights/lora/patterns.ts';

const fail = (reason: string): Error => new Error(reason);
const first = (patterns: readonly string[], module: string): string | undefined =>
  byPattern(Object.fromEntries(patterns.map(pattern => [pattern, 1])), fail)(module)?.pattern;

/** PEFT's rule as it stands (`get_pattern_key`): re.match(rf"(.*\\.)?({key})$", module), the first key that fits. */
const plain = (patterns: readonly string[], module: string): string | undefined =>
  patterns.find(pattern => new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(module));

test('patterns fit as PEFT says, the first one first', () => {
  const words = fc.constantFrom('a', 'b', 'to_q', 'attn1', '0');
  const module = fc.array(words, { minLength: 1, maxLength: 5 }).map(parts => parts.join('.'));
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '\\.', 'to_[qk]', 'attn\\d', '.*', 'a+', '(a|b)', '^', '0'), { minLength: 1, maxLength: 4 })
    .map(p => p.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(fc.oneof(module, pattern), { maxLength: 6 }), module, (patterns, name) => {
      const keys = Object.keys(Object.fromEntries(patterns.map(key => [key, 1])));
      expect(first(keys, name)).toBe(plain(keys, name));
    }),
    { numRuns: 500 },
  );
});

test('what backtracks elsewhere ends here: seven times .* and nested repeats over 20,000 characters', () => {
  const name = 'a'.repeat(20_000);
  for (const pattern of [`${'.*'.repeat(7)}z`, '(a+)+z', '(a|a)*z', '(a*)*b', '(.*)*(.*)*z'])
    expect(first([pattern], name)).toBeUndefined();
});

test('ten thousand names are looked up, not tried', () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `down_blocks.${i}.to_q`);
  const find = byPattern(Object.fromEntries(names.map((name, i) => [name, i])), fail);
  for (let i = 0; i < 10_000; i++) expect(find(`unet.down_blocks.${i}.to_q`)?.value).toBe(i);
});
