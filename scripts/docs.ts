// Writes the pages that are made from code.
import { writeFileSync } from 'node:fs';
import { optionsMarkdown } from '../config/options-table.ts';

writeFileSync(new URL('../docs/options.md', import.meta.url), optionsMarkdown());
