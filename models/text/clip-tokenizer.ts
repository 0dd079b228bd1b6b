// CLIP's own tokenizer, for models that come without one: every Stable Diffusion 1 and 2 in one file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { packageRoot } from '../../config/paths.ts';
import { byteAlphabet, WORD_END } from './byte-pairs.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

const MERGES = join(packageRoot, 'models', 'clip-tokenizer', 'merges.txt.br');
const [START, END] = ['<|startoftext|>', '<|endoftext|>'];
const LENGTH = 77;

/** The alphabet in CLIP's order: bytes that print as themselves before those that were given another character. */
const alphabet = (): string[] => byteAlphabet.toSorted((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);

/**
 * The vocabulary of 49,408 tokens: bytes, bytes that end a word, one token a merge, start, end.
 * @param padding `end` pads prompts with the end token (Stable Diffusion 1), `zero` with id 0, which is `!` (Stable Diffusion 2)
 */
export const clipTokenizerFiles = (padding: 'end' | 'zero'): TokenizerFiles => {
  const pairs = brotliDecompressSync(readFileSync(MERGES)).toString('utf8').trimEnd().split('\n');
  const bytes = alphabet();
  const symbols = [...bytes, ...bytes.map(byte => byte + WORD_END), ...pairs.map(pair => pair.replace(' ', '')), START, END];
  const vocabulary = new Map(symbols.map((symbol, id) => [symbol, id]));
  const [start, end] = [symbols.length - 2, symbols.length - 1];
  const special = new Map([[START, start], [END, end], ...(padding === 'zero' ? [['!', 0] as const] : [])]);
  const merges = new Map(pairs.map((pair, rank) => [pair, rank]));
  return { vocabulary, merges, special, added: new Map(), start, end, pad: padding === 'zero' ? 0 : end, length: LENGTH };
};
