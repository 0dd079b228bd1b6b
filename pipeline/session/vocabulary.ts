// What a model that draws from words knows: the list in `words.json` in its folder, and whether a prompt has any of it.
import { basename, join } from 'node:path';
import { readOptionsFile } from '../../config/options-file.ts';
import { cut } from '../../config/show.ts';

/** Words and names of several words, in the model's order, as its captions have them. */
export type Vocabulary = readonly string[];

const LONGEST = 60; // characters of an entry

/** Letters, digits and the blanks between them: a name is printed, and the file came with a download. */
const isEntry = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LONGEST && /^[\p{L}\p{N}][\p{L}\p{N} ]*$/u.test(value);

/** The vocabulary of a model in a folder; undefined for a model without a list, and for a `words.json` that is something else. */
export const vocabularyOf = async (folder: string): Promise<Vocabulary | undefined> => {
  const text = (await readOptionsFile(join(folder, 'words.json')).catch(() => undefined))?.toString('utf8');
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length > 0 && list.every(isEntry) ? list : undefined;
  } catch {
    return undefined;
  }
};

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Whether the words of an entry follow one another in a prompt. */
const holds = (prompt: readonly string[], entry: string): boolean => ` ${prompt.join(' ')} `.includes(` ${wordsOf(entry).join(' ')} `);

/** Entries that share a word with the prompt, or its singular: of "apples" red apple, green apple. */
const nearTo = (prompt: readonly string[], vocabulary: Vocabulary): Vocabulary => {
  const close = new Set(prompt.flatMap(word => [word, word.replace(/s$/, ''), word.replace(/es$/, '')]));
  return vocabulary.filter(entry => wordsOf(entry).some(word => close.has(word)));
};

const SHOWN = 3; // entries

/**
 * A sentence for a prompt that has none of a model's words; undefined for one that has.
 * @param folder of the model, whose name is told
 */
export const vocabularyWarning = (prompt: string, vocabulary: Vocabulary, folder: string): string | undefined => {
  const words = wordsOf(prompt);
  if (vocabulary.some(entry => holds(words, entry))) return undefined;
  const near = nearTo(words, vocabulary);
  const some = (near.length > 0 ? near : vocabulary.slice(SHOWN)).slice(0, SHOWN);
  const name = cut(basename(folder));
  return (
    `${name} knows ${vocabulary.length} words, such as ${some.join(', ')}, and the prompt has none of them: ` +
    `\`rerender models inspect ${name}\` lists them; for other things name a Stable Diffusion with --model`
  );
};
