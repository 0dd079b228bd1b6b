// Writes the page and the type that are made from the option tables.
import { writeFileSync } from 'node:fs';
import { optionsMarkdown } from '../config/options-table.ts';
import { optionsType } from '../config/options-type.ts';
import { redoneWords } from './option-changes.ts';

writeFileSync(new URL('../docs/options.md', import.meta.url), optionsMarkdown(redoneWords));
writeFileSync(new URL('../config/partial-options.ts', import.meta.url), optionsType());
