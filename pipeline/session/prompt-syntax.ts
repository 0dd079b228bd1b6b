// Finds what other programs read as instructions in a prompt; here they are words like any others, which the user should hear of.

/** A kind of instruction: how to find the first one in a text, and what to do instead. */
type Kind = { readonly find: (text: string) => string | undefined; readonly instead: (found: string) => string };

const first =
  (pattern: RegExp) =>
  (text: string): string | undefined =>
    pattern.exec(text)?.[0];

/** A word in capitals, at least two letters. */
const isShouted = (word: string): boolean => /^\p{Lu}{2,}$/u.test(word) && word !== 'BREAK' && word !== 'AND';

/** The word, unless it stands in a row of capitals: `a sign that says TAKE A BREAK`, `ROCK AND ROLL`. */
const command = (word: string) => (text: string) => {
  const rows = text.match(/(?<![\p{L}\p{N}_])\p{Lu}+(?: \p{Lu}+)*(?![\p{L}\p{N}_])/gu) ?? [];
  return rows.some(row => row.split(' ').includes(word) && !row.split(' ').some(isShouted)) ? word : undefined;
};

const WEIGHTS =
  'words have no weights here; leave the brackets out, and put what matters first, or what is unwanted into --negative-prompt';
const EDITING = 'words do not change from step to step here; write the ones that you want';

const LORA = /<(?:lora|lyco):([^:<>]+)(?::([+-]?[\d.]+))?[^<>]*>/i;

/** `(word:1.3)`. A weight has one digit, or a point: `(16:9)`, `(at 10:30)` and `(note: 5)` have none. */
const WEIGHTED = /\((?:[^()]|\([^()]*\))*(?:[^\d\s]:[+-]?\d\s*\)|:\s*[+-]?(?:\d+\.\d*|\.\d+)\s*\))/;

const KINDS: readonly Kind[] = [
  { find: first(WEIGHTED), instead: () => WEIGHTS },
  { find: first(/\(\s*\([^()]+\)\s*\)/), instead: () => WEIGHTS },
  { find: first(/\[[^[\]]+\]/), instead: found => (/[:|]/.test(found) ? EDITING : WEIGHTS) },
  {
    find: first(LORA),
    instead: found => {
      const [, name = '', weight = '1'] = LORA.exec(found) ?? [];
      return `give the LoRA's file with --lora ${name}:${weight}`;
    },
  },
  { find: first(/<hypernet:[^<>]+>/i), instead: () => 'hypernetworks are not supported; leave it out' },
  { find: command('BREAK'), instead: () => 'a prompt is read as one piece; leave it out' },
  { find: command('AND'), instead: () => 'one prompt is drawn; write a comma or a small "and"' },
];

const SHOWN = 40; // characters

/**
 * A sentence for each kind of instruction in the prompts, once, about the first one.
 * @param prompts by what they are called @param words tokens that mean something, whatever they look like, such as those of embeddings
 */
export const promptWarnings = (prompts: Readonly<Record<string, string>>, words: readonly string[] = []): string[] => {
  const plain = Object.entries(prompts).map(([name, prompt]) => {
    const patterns = words.map(word => new RegExp(word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gi')); // tokens are matched in either case
    const others = patterns.reduce((text, pattern) => text.replace(pattern, 'word'), prompt);
    return [name, others.replace(/\\[()[\]]/g, ' ')] as const; // behind a backslash they are no instructions anywhere
  });
  return KINDS.flatMap(({ find, instead }) => {
    for (const [name, text] of plain) {
      const found = find(text);
      if (found === undefined) continue;
      const shown = found.length > SHOWN ? `${found.slice(0, SHOWN)}...` : found;
      return [`the ${name} has ${shown.replace(/\s+/g, ' ')}, which is read as plain text: ${instead(found)}`];
    }
    return [];
  });
};
