// Draws words of rerender-words, each as its five hands do: npm run gallery-words [-- SHEET] [--model MODEL] [--words 48] [--seed 1]
import { parseArgs } from 'node:util';
import { HANDS, inRow, openWords } from '../bench/words/draw.ts';
import { wordsModel } from '../config/paths.ts';
import { type Cell, contactSheet } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: wordsModel },
    words: { type: 'string', default: '48' },
    seed: { type: 'string', default: '1' },
  },
});
const [sheet = 'docs/images/words.jpg'] = positionals;
const COLUMNS = 3; // words a row

const drawer = await openWords(values.model);
const count = Math.min(Number(values.words), drawer.words.length);
/** Spread over the whole list, whose first words are the ones that a small model takes first; nothing is chosen by how it looks. */
const words = Array.from({ length: count }, (_, i) => drawer.words[Math.floor((i * drawer.words.length) / count)]!);
const cells: Cell[] = [];
for (const word of words) {
  const pictures: Picture[] = [];
  for (const [i, hand] of HANDS.entries()) {
    const seed = Number(values.seed) + HANDS.length * cells.length + i; // noise of its own for each
    pictures.push(await drawer.draw({ word, hand, seed, steps: 20, guidance: 3 }));
  }
  cells.push({ label: word, picture: inRow(pictures) });
}
await drawer.close();
await contactSheet(sheet, cells, { columns: COLUMNS, scale: 1 });
process.stdout.write(`${sheet}\n`);
