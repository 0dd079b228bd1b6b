import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { byteAlphabet, readSymbols, splitWord } from '../../models/text/byte-pairs.ts';
import { loadTokenizer, type Tokenizer } from '../../models/text/tokenizer.ts';
import { TokenizerError } from '../../models/text/tokenizer-files.ts';

const embedded = join(embeddedModel, 'tokenizer');

// A vocabulary in CLIP's order (bytes, bytes that end a word, merges, start, end), small enough to encode by hand.
const merges = ['c a', 'ca t</w>', 'i n', 't h', 'th e</w>'];
const symbols = [...byteAlphabet].sort((a, b) => (a < b ? -1 : 1));
const entries = [...symbols, ...symbols.map(s => `${s}</w>`), ...merges.map(m => m.replace(' ', '')), '<|startoftext|>', '<|endoftext|>'];
const id = (token: string): number => entries.indexOf(token);
const [start, end] = [id('<|startoftext|>'), id('<|endoftext|>')];

let root: string;
const folders = new Map<string, Tokenizer>();

const writeTokenizer = async (name: string, files: Record<string, unknown> = {}): Promise<string> => {
  const folder = await mkdtemp(join(root, `${name}-`));
  const all = {
    'vocab.json': Object.fromEntries(entries.map((e, i) => [e, i])),
    'merges.txt': `#version: 0.2\n${merges.join('\n')}\n`,
    ...files,
  };
  for (const [file, value] of Object.entries(all)) {
    if (value !== undefined) await writeFile(join(folder, file), typeof value === 'string' ? value : JSON.stringify(value));
  }
  return folder;
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rerender-tokenizer-'));
  folders.set('plain', await loadTokenizer(await writeTokenizer('plain')));
  folders.set('short', await loadTokenizer(await writeTokenizer('short', { 'tokenizer_config.json': { model_max_length: 6 } })));
  folders.set(
    'pad !',
    await loadTokenizer(
      await writeTokenizer('pad', {
        'special_tokens_map.json': { pad_token: '!' },
        'tokenizer_config.json': { pad_token: '<|endoftext|>' },
      }),
    ),
  );
  folders.set('added', await loadTokenizer(await writeTokenizer('added', { 'added_tokens.json': { '<R>': end + 1, '<R>x': end + 2 } })));
  folders.set(
    'decoder',
    await loadTokenizer(
      await writeTokenizer('decoder', {
        'tokenizer_config.json': { added_tokens_decoder: { [end + 1]: { content: 'sks', special: false } } },
      }),
    ),
  );
});
afterAll(() => rm(root, { recursive: true }));

describe('splitWord', () => {
  const ranks = new Map(merges.map((m, i) => [m, i]));
  test.each([
    ['cat', ['cat</w>']],
    ['cats', ['ca', 't', 's</w>']],
    ['the', ['the</w>']],
    ['in', ['i', 'n</w>']],
    ['inn', ['in', 'n</w>']],
    ['é', ['Ã', '©</w>']],
    ['x', ['x</w>']],
  ])('%s is %j', (word, expected) => {
    expect(splitWord(word, ranks)).toEqual(expected);
  });

  test('symbols read back as the word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), word => {
        fc.pre(word.trim() === word);
        expect(readSymbols(splitWord(word, ranks))).toBe(word);
      }),
    );
  });
});

describe('loadTokenizer', () => {
  const body = (name: string, prompt: string): number[] => {
    const { ids } = folders.get(name)!.encode(prompt);
    return ids.slice(1, ids.indexOf(end));
  };
  test.each<[string, string, string, number[]]>([
    ['plain', 'words are lower-cased and white space collapses', ' The\n\tCAT ', [id('the</w>'), id('cat</w>')]],
    ['plain', 'each digit is a word', '42', [id('4</w>'), id('2</w>')]],
    ['plain', 'contractions are words', "cat's", [id('cat</w>'), id("'"), id('s</w>')]],
    ['plain', 'punctuation runs are words', 'cat...x', [id('cat</w>'), id('.'), id('.'), id('.</w>'), id('x</w>')]],
    ['plain', 'decomposed letters are composed', 'e\u0301', [id('Ã'), id('©</w>')]],
    ['plain', 'an upper-case special token is text', '<|ENDOFTEXT|>', ['<', '|</w>', ...'endoftex', 't</w>', '|', '></w>'].map(id)],
    ['added', 'an added token is matched inside words and in either case', 'cat<r>the', [id('cat</w>'), end + 1, id('the</w>')]],
    ['added', 'the longest added token wins', '<R>X<R>', [end + 2, end + 1]],
    ['decoder', 'added_tokens_decoder is read', 'sks cat', [end + 1, id('cat</w>')]],
    ['pad !', 'the padding token is special in a prompt, each time', 'cat!!', [id('cat</w>'), id('!'), id('!')]],
  ])('%s: %s', (name, _, prompt, expected) => {
    expect(body(name, prompt)).toEqual(expected);
  });

  test('padding: the special tokens map wins over the config, else the end token pads', () => {
    expect(folders.get('pad !')!.encode('cat').ids.slice(0, 5)).toEqual([start, id('cat</w>'), end, id('!'), id('!')]);
    expect(folders.get('plain')!.encode('').ids).toEqual([start, ...new Array(76).fill(end)]);
  });

  test('a long prompt keeps the end token in the last place and says what was cut', () => {
    const { ids, cut } = folders.get('short')!.encode('cat cat cat cat the inn, x');
    expect(ids).toEqual([start, ...new Array(4).fill(id('cat</w>')), end]);
    expect(cut).toBe('the inn , x');
    expect(folders.get('short')!.encode('cat').cut).toBe('');
  });

  test('every prompt gives `length` ids within the vocabulary', async () => {
    const tokenizer = await loadTokenizer(embedded);
    expect(tokenizer).toMatchObject({ length: 77, maxId: 2013 });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), prompt => {
        const { ids } = tokenizer.encode(prompt);
        expect(ids.length).toBe(77);
        expect(ids.every(i => Number.isInteger(i) && i >= 0 && i <= tokenizer.maxId)).toBe(true);
      }),
    );
  });

  test('the embedded vocabulary of 2014 entries knows its styles as words', async () => {
    const tokenizer = await loadTokenizer(embedded);
    const { ids } = tokenizer.encode('A watercolor painting');
    expect(ids[0]).toBe(2012);
    expect(ids.indexOf(2013)).toBe(4);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no merges', { 'merges.txt': undefined }, 'has no merges.txt: add'],
    [
      'nothing but tokenizer.json',
      { 'vocab.json': undefined, 'merges.txt': undefined, 'tokenizer.json': {} },
      'has no vocab.json and merges.txt (tokenizer.json alone is not read)',
    ],
    ['damaged vocabulary', { 'vocab.json': '{"a": 1' }, 'vocab.json is not JSON'],
    ['a list', { 'vocab.json': '[]' }, 'vocab.json must hold an object'],
    ['an id that is no number', { 'vocab.json': { a: 'x' } }, 'the id of "a" is "x", expects a whole number'],
    ['unknown padding token', { 'special_tokens_map.json': { pad_token: '<none>' } }, '"<none>" is not in the vocabulary'],
  ])('%s: an error that names the file', async (name, files, message) => {
    const folder = await writeTokenizer(name.replaceAll(' ', '-'), files);
    await expect(loadTokenizer(folder)).rejects.toThrow(TokenizerError);
    await expect(loadTokenizer(folder)).rejects.toThrow(message);
  });

  test('a folder that is not there is an error that names it', async () => {
    await expect(loadTokenizer(join(root, 'absent'))).rejects.toThrow('absent has no vocab.json and merges.txt');
  });

  test('a moved folder works as before', async () => {
    const copy = join(root, 'copy');
    await cp(embedded, copy, { recursive: true });
    const [a, b] = await Promise.all([loadTokenizer(copy), loadTokenizer(embedded)]);
    expect(a.encode('a roman mosaic').ids).toEqual(b.encode('a roman mosaic').ids);
  });
});
