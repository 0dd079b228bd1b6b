import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { optionsMarkdown } from '../../config/options-table.ts';

test('docs/options.md is what the table says (npm run docs writes it)', () => {
  expect(readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8')).toBe(optionsMarkdown());
});
