// Reads the files of a CLIP tokenizer folder: vocabulary, merges, tokens with a role of their own; or tokenizer.json, which holds them all.

import { join } from 'node:path';
import { type Bounds, boundsText, isWithin } from '../../config/bounded.ts';
import { RerenderError } from '../../config/errors.ts';
import { allInOrder } from '../../config/in-order.ts';
import { decodeText, parseJson } from '../../config/json.ts';
import { readSmallFile } from '../../config/read-file.ts';
import { show } from '../../config/show.ts';
import { BOUNDS } from '../networks/limits.ts';
import type { Merges } from './byte-pairs.ts';
import { wholeTokenizer } from './tokenizer-json.ts';

/** A tokenizer folder is incomplete or its files contradict each other. */
export class TokenizerError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('TOKENIZER', 'missing', message, options);
  }
}

export type TokenizerFiles = {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: Merges;
  /** Tokens matched literally in the raw prompt: start, end, unknown, padding. */
  readonly special: ReadonlyMap<string, number>;
  /** Tokens that were added later, such as `<R>`, matched in either case. */
  readonly added: ReadonlyMap<string, number>;
  readonly start: number;
  readonly end: number;
  readonly pad: number;
  /** Ids a prompt, padding included. */
  readonly length: number;
};

const [VOCABULARY, MERGES, WHOLE] = ['vocab.json', 'merges.txt', 'tokenizer.json'] as const;
const CLIP_LENGTH = 77;
const UNLIMITED = 1e6; // `model_max_length` from here on says that nothing limits it; transformers writes 1e30

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const readBytes = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readSmallFile(file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new TokenizerError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};

const failing =
  (file: string) =>
  (reason: string): TokenizerError =>
    new TokenizerError(`${file} ${reason}`);

const readText = async (file: string): Promise<string | undefined> => {
  const bytes = await readBytes(file);
  return bytes && decodeText(bytes, failing(file));
};

const readJson = async (file: string): Promise<Json | undefined> => {
  const bytes = await readBytes(file);
  if (bytes === undefined) return undefined;
  const value = parseJson(bytes, failing(file));
  if (isObject(value)) return value;
  throw new TokenizerError(`${file} must hold an object`);
};

/** A whole number within bounds, `what` being the key that states it. */
const within = (value: unknown, bounds: Bounds, file: string, what: string): number => {
  if (isWithin(value, bounds)) return value;
  throw new TokenizerError(`${file}: ${what} is ${show(value)}, expects ${boundsText(bounds)}`);
};

/** A token is written as a string or as an object with `content`. */
const content = (token: unknown): string | undefined => {
  const text = isObject(token) ? token.content : token;
  return typeof text === 'string' ? text : undefined;
};

const idTable = (json: Json, file: string): Map<string, number> => {
  const table = new Map<string, number>();
  for (const [token, id] of Object.entries(json)) {
    table.set(token, within(id, BOUNDS.id, file, `the id of ${show(token)}`));
  }
  return table;
};

/** `added_tokens_decoder` of newer tokenizer configs: id -> { content, special }. */
const decoderTokens = (config: Json, file: string): { token: string; id: number; special: boolean }[] =>
  Object.entries(isObject(config.added_tokens_decoder) ? config.added_tokens_decoder : {}).flatMap(([id, entry]) => {
    const token = content(entry);
    if (token === undefined) return [];
    return [
      { token, id: within(Number(id), BOUNDS.id, file, `the id of ${show(token)}`), special: isObject(entry) && entry.special === true },
    ];
  });

/** What a folder must hold: the two older files, or the newer one. */
export const tokenizerMissing = (files: readonly string[]): string[] =>
  files.includes(WHOLE) ? [] : [VOCABULARY, MERGES].filter(name => !files.includes(name));

/** Vocabulary and merges, and what a tokenizer_config would say of them. The two older files are read where they are. */
const readTables = async (folder: string): Promise<{ vocabulary: Map<string, number>; merges: readonly string[]; config: Json }> => {
  const [vocab, mergesText] = await allInOrder([readJson(join(folder, VOCABULARY)), readText(join(folder, MERGES))]);
  if (vocab !== undefined && mergesText !== undefined) {
    const merges = mergesText.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#version'));
    return { vocabulary: idTable(vocab, join(folder, VOCABULARY)), merges, config: {} };
  }
  const file = join(folder, WHOLE);
  const json = await readJson(file);
  if (json === undefined) {
    const missing = [vocab === undefined && VOCABULARY, mergesText === undefined && MERGES].filter(Boolean).join(' and ');
    throw new TokenizerError(`the tokenizer folder ${folder} has no ${missing}, and no ${WHOLE}: add the files of the model's repository`);
  }
  const whole = wholeTokenizer(json, reason => new TokenizerError(`${file}: ${reason}`));
  return { ...whole, vocabulary: idTable(whole.vocabulary, file) };
};

/**
 * Reads vocab.json and merges.txt, or tokenizer.json, and, where they exist, special_tokens_map.json, tokenizer_config.json and
 * added_tokens.json. Throws TokenizerError when a needed file is missing or damaged, or of another kind of tokenizer.
 */
export const readTokenizerFiles = async (folder: string): Promise<TokenizerFiles> => {
  const [{ vocabulary, merges: pairs, config: inside }, map = {}, settings = {}, addedJson = {}] = await allInOrder([
    readTables(folder),
    readJson(join(folder, 'special_tokens_map.json')),
    readJson(join(folder, 'tokenizer_config.json')),
    readJson(join(folder, 'added_tokens.json')),
  ]);
  const config: Json = { ...inside, ...settings };
  const merges = new Map(pairs.map((pair, rank) => [pair.trim(), rank]));

  const configFile = join(folder, 'tokenizer_config.json');
  const extra = [...decoderTokens(inside, join(folder, WHOLE)), ...decoderTokens(settings, configFile)];
  const added = new Map([...idTable(addedJson, join(folder, 'added_tokens.json')), ...extra.map(e => [e.token, e.id] as const)]);
  const idOf = (token: string): number => {
    const id = added.get(token) ?? vocabulary.get(token);
    if (id === undefined) throw new TokenizerError(`${folder}: the special token ${show(token)} is not in the vocabulary`);
    return id;
  };
  // The map wins over the config: Stable Diffusion 2 pads with `!` there and with the end token in the config.
  const role = (name: string, fallback: string): string => content(map[name]) ?? content(config[name]) ?? fallback;
  const [start, end] = [role('bos_token', '<|startoftext|>'), role('eos_token', '<|endoftext|>')];
  const pad = role('pad_token', end);
  const special = new Map(
    [start, end, role('unk_token', end), pad, ...extra.filter(e => e.special).map(e => e.token)].map(t => [t, idOf(t)]),
  );
  for (const token of special.keys()) added.delete(token);
  const longest = config.model_max_length ?? UNLIMITED;
  const length =
    typeof longest === 'number' && longest >= UNLIMITED
      ? CLIP_LENGTH
      : within(longest, BOUNDS.promptLength, configFile, 'model_max_length');
  return { vocabulary, merges, special, added, start: idOf(start), end: idOf(end), pad: idOf(pad), length };
};
