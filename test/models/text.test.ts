import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
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

/** A post-processor that puts one token before a prompt and one behind it. */
const template = (before: string, behind: string) => ({
  type: 'TemplateProcessing',
  single: [
    { SpecialToken: { id: before, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: behind, type_id: 0 } },
  ],
});

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
    ['no merges', { 'merges.txt': undefined }, 'has no merges.txt, and no tokenizer.json: add'],
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

  describe('of tokenizer.json alone', () => {
    const alone = { 'vocab.json': undefined, 'merges.txt': undefined };
    /** What transformers writes for CLIP, with other values where a test asks for them. */
    const whole = (model: object = {}, rest: object = {}) => ({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [
        { id: start, content: '<|startoftext|>', single_word: false, lstrip: false, rstrip: false, normalized: true, special: true },
        { id: end, content: '<|endoftext|>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
      ],
      normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
      post_processor: { type: 'RobertaProcessing', sep: ['<|endoftext|>', end], cls: ['<|startoftext|>', start] },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: '<|endoftext|>',
        continuing_subword_prefix: '',
        end_of_word_suffix: '</w>',
        vocab: Object.fromEntries(entries.map((e, i) => [e, i])),
        merges,
        ...model,
      },
      ...rest,
    });
    const load = async (json: object, files: Record<string, unknown> = {}) =>
      loadTokenizer(await writeTokenizer('whole', { ...alone, 'tokenizer.json': json, ...files }));
    const PROMPTS = ['', 'The cat in the INN', "cat's 42!!", '<|endoftext|> thé', 'x '.repeat(100)];

    test.each<[string, object, string, Record<string, unknown>]>([
      ['merges as texts', whole(), 'plain', {}],
      ['merges as pairs', whole({ merges: merges.map(m => m.split(' ')) }), 'plain', {}],
      ['no type, as the first versions wrote it', whole({ type: undefined }), 'plain', {}],
      ['a template around prompts', whole({}, { post_processor: template('<|startoftext|>', '<|endoftext|>') }), 'plain', {}],
      ['a length', whole({}, { truncation: { max_length: 6 } }), 'short', {}],
      ['padding to a length', whole({}, { padding: { strategy: { Fixed: 6 }, pad_token: '<|endoftext|>' } }), 'short', {}],
      ['another padding token', whole({}, { padding: { strategy: 'BatchLongest', pad_id: id('!'), pad_token: '!' } }), 'pad !', {}],
      ['the padding token of the map', whole(), 'pad !', { 'special_tokens_map.json': { pad_token: '!' } }],
      [
        'the length of the config',
        whole({}, { truncation: { max_length: 9 } }),
        'short',
        { 'tokenizer_config.json': { model_max_length: 6 } },
      ],
      ['an added token', whole({}, { added_tokens: [{ id: end + 1, content: 'sks', special: false }] }), 'decoder', {}],
    ])('%s: the same ids as from vocab.json and merges.txt', async (_, json, as, files) => {
      const [tokenizer, expected] = [await load(json, files), folders.get(as)!];
      expect(tokenizer.maxId).toBe(expected.maxId);
      for (const prompt of [...PROMPTS, 'sks cat']) expect(tokenizer.encode(prompt)).toEqual(expected.encode(prompt));
    });

    test('start and end tokens of other names are those of the post-processor', async () => {
      const names = entries.map(e => e.replace('<|startoftext|>', '<s>').replace('<|endoftext|>', '</s>'));
      const vocab = Object.fromEntries(names.map((e, i) => [e, i]));
      const json = whole({ vocab, unk_token: '</s>' }, { added_tokens: [], post_processor: template('<s>', '</s>') });
      expect((await load(json)).encode('cat').ids.slice(0, 3)).toEqual([start, id('cat</w>'), end]);
    });

    test.each<[string, object, string]>([
      ['WordPiece', { type: 'WordPiece' }, 'is a tokenizer of type "WordPiece"; text encoders here read CLIP\'s'],
      ['Unigram', { type: 'Unigram', vocab: [['a', -1]] }, 'is a tokenizer of type "Unigram"'],
      ["GPT-2's byte pairs", { end_of_word_suffix: '', vocab: { a: 0 } }, 'marks the ends of words with undefined'],
      ['byte fallback', { byte_fallback: true }, 'has byte_fallback true'],
      ['no vocabulary', { vocab: undefined }, 'has a model without a vocab'],
      ['an id that is no number', { vocab: { 'a</w>': 'x' } }, 'tokenizer.json: the id of "a</w>" is "x", expects a whole number'],
      ['a merge of three', { merges: [['a', 'b', 'c']] }, 'has a merge ["a","b","c"], expects two texts'],
    ])('%s is refused by name', async (_, model, message) => {
      await expect(load(whole(model))).rejects.toThrow(TokenizerError);
      await expect(load(whole(model))).rejects.toThrow(message);
    });

    test('a file without a model, or with a broken added token, is refused', async () => {
      await expect(load({})).rejects.toThrow('tokenizer.json: has no model');
      await expect(load(whole({}, { added_tokens: [{ content: 'x' }] }))).rejects.toThrow('has an added token without a whole number');
    });

    test('a model whose tokenizer has nothing else is whole', async () => {
      const home = await mkdtemp(join(root, 'model-'));
      await cp(embeddedModel, home, { recursive: true });
      const [vocab, lines] = ['vocab.json', 'merges.txt'].map(name => readFileSync(join(home, 'tokenizer', name), 'utf8'));
      await rm(join(home, 'tokenizer'), { recursive: true });
      await mkdir(join(home, 'tokenizer'));
      const model = { type: 'BPE', end_of_word_suffix: '</w>', vocab: JSON.parse(vocab!), merges: lines!.trim().split('\n').slice(1) };
      await writeFile(join(home, 'tokenizer', 'tokenizer.json'), JSON.stringify({ model }));
      const prompt = 'A roman mosaic, detailed';
      const [bare, full] = [await openModelFolder(home), await openModelFolder(embeddedModel)];
      expect(bare.texts[0]!.tokenizer.encode(prompt)).toEqual(full.texts[0]!.tokenizer.encode(prompt));
      expect(await inspectModel(home)).toMatchObject({ missing: [], problems: [] });
    });
  });

  test('a moved folder works as before', async () => {
    const copy = join(root, 'copy');
    await cp(embedded, copy, { recursive: true });
    const [a, b] = await Promise.all([loadTokenizer(copy), loadTokenizer(embedded)]);
    expect(a.encode('a roman mosaic').ids).toEqual(b.encode('a roman mosaic').ids);
  });
});
