// CLIP's tokenizer: a prompt becomes a row of token ids between a start and an end token.
import { readSymbols, splitWord, WORD_END } from './byte-pairs.ts';
import { readTokenizerFiles, TokenizerError, type TokenizerFiles } from './tokenizer-files.ts';

export type Tokens = {
  /** Start, at most `length - 2` tokens, end, padding: always `length` ids. */
  readonly ids: readonly number[];
  /** The end of the prompt that found no room, as text; empty when everything fits. */
  readonly cut: string;
};

export type Tokenizer = {
  /** Ids a prompt: 77 for CLIP. */
  readonly length: number;
  /** The largest id that a prompt can produce; the text encoder needs that many rows, and one. */
  readonly maxId: number;
  readonly encode: (prompt: string) => Tokens;
};

/** A word of a prompt that stands for vectors of its own, one or several. */
export type NewToken = { readonly token: string; readonly count: number };

export type TokenizerOptions = {
  /** Tokens that embedding files bring; they take the ids from `firstNewId` on, in order. */
  readonly tokens?: readonly NewToken[];
  /** The first id behind the vocabulary. Default: the one after the largest that the files give. */
  readonly firstNewId?: number;
};

// Unicode's white space; JavaScript's \s also takes U+FEFF.
const WHITE = /\p{White_Space}+/gu;
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** NFC, single spaces, lower case. Character by character: a final capital sigma becomes the medial form, as in CLIP. */
const normalise = (text: string): string => Array.from(text.normalize('NFC').replace(WHITE, ' '), c => c.toLowerCase()).join('');

/** Splits text into literal matches of `tokens` (the longest one at each place) and the pieces between them. */
const splitAt = (text: string, tokens: TokenIndex): { piece: string; match: boolean }[] => {
  const pieces: { piece: string; match: boolean }[] = [];
  let from = 0; // of the piece that no token has ended yet
  for (let at = 0; at < text.length; ) {
    const first = String.fromCodePoint(text.codePointAt(at)!);
    const token = tokens.get(first)?.find(each => text.startsWith(each, at));
    if (token === undefined) at += first.length;
    else {
      pieces.push({ piece: text.slice(from, at), match: false }, { piece: token, match: true });
      from = at += token.length;
    }
  }
  return [...pieces, { piece: text.slice(from), match: false }].filter(({ piece }) => piece !== '');
};

/** Tokens by their first character, the longest ones first. */
type TokenIndex = ReadonlyMap<string, readonly string[]>;

const tokenIndex = (tokens: Iterable<string>): TokenIndex => {
  const index = new Map<string, string[]>();
  for (const token of [...tokens].filter(each => each !== '').sort((a, b) => b.length - a.length)) {
    const first = String.fromCodePoint(token.codePointAt(0)!);
    const others = index.get(first);
    if (others) others.push(token);
    else index.set(first, [token]);
  }
  return index;
};

/** The names of a token's vectors: `<t>`, `<t>_1`, `<t>_2` ...; in a prompt the first stands for all of them. */
const vectorNames = ({ token, count }: NewToken): string[] => Array.from({ length: count }, (_, i) => (i === 0 ? token : `${token}_${i}`));

type Added = { readonly added: ReadonlyMap<string, number>; readonly expansions: ReadonlyMap<string, readonly number[]> };

const addTokens = ({ vocabulary, special, added: listed }: TokenizerFiles, tokens: readonly NewToken[], firstId: number): Added => {
  const added = new Map(listed);
  const expansions = new Map<string, readonly number[]>();
  let id = firstId;
  for (const entry of tokens) {
    const names = vectorNames(entry);
    const taken = new Set([...added.keys()].map(normalise));
    for (const name of names) {
      if (taken.has(normalise(name)) || special.has(name) || vocabulary.has(`${normalise(name)}${WORD_END}`)) {
        throw new TokenizerError(`the token ${name} of an embedding is one already; give it another with --embedding FILE:TOKEN`);
      }
    }
    const ids = names.map(() => id++);
    for (const [i, name] of names.entries()) added.set(name, ids[i] as number);
    expansions.set(entry.token, ids);
  }
  return { added, expansions };
};

/**
 * Opens the tokenizer of a diffusers folder (`tokenizer/`).
 * Rules: CLIP's byte-pair encoding over lower-case words; special tokens are matched in the raw prompt, added tokens in
 * either case after normalisation, both before any other split. Throws TokenizerError when files are missing, or when a new token
 * is one already.
 */
export const loadTokenizer = async (folder: string, options: TokenizerOptions = {}): Promise<Tokenizer> =>
  makeTokenizer(await readTokenizerFiles(folder), options);

/** The largest id of some tables; -1 when they are empty. */
const largest = (...tables: readonly ReadonlyMap<string, number>[]): number => {
  let most = -1;
  for (const table of tables) for (const id of table.values()) most = Math.max(most, id);
  return most;
};

/** The tokenizer of a vocabulary and merges that were read. Throws TokenizerError when a new token is one already. */
export const makeTokenizer = (files: TokenizerFiles, { tokens = [], firstNewId }: TokenizerOptions = {}): Tokenizer => {
  const { vocabulary, merges, special, start, end, pad, length } = files;
  const maxKnown = largest(vocabulary, files.added, special);
  const { added, expansions } = addTokens(files, tokens, firstNewId ?? maxKnown + 1);
  const addedIds = new Map([...added].map(([token, id]) => [normalise(token), expansions.get(token) ?? [id]]));
  const unknown = vocabulary.get('<|endoftext|>') ?? end;
  /** The symbols of ids; a map of them all is made for what is cut off alone, as a heap of less is collected in less time. */
  const symbolsOf = (ids: readonly number[]): string[] => {
    if (ids.length === 0) return [];
    const symbolOf = new Map([...vocabulary, ...added].map(([symbol, id]) => [id, symbol]));
    return ids.map(id => symbolOf.get(id) ?? '');
  };
  const [addedIndex, specialIndex] = [tokenIndex(addedIds.keys()), tokenIndex(special.keys())];
  const words = new Map<string, number[]>();

  const encodeWord = (word: string): number[] => {
    const ids = words.get(word) ?? splitWord(word, merges).map(symbol => vocabulary.get(symbol) ?? unknown);
    words.set(word, ids);
    return ids;
  };
  const encodeText = (text: string): number[] =>
    splitAt(normalise(text), addedIndex).flatMap(({ piece, match }) =>
      match ? addedIds.get(piece)! : (piece.match(WORDS) ?? []).flatMap(encodeWord),
    );

  return {
    length,
    maxId: Math.max(maxKnown, largest(added)),
    encode(prompt) {
      const tokens = splitAt(prompt, specialIndex).flatMap(({ piece, match }) => (match ? [special.get(piece)!] : encodeText(piece)));
      const ids = [start, ...tokens.slice(0, length - 2), end];
      const cut = readSymbols(symbolsOf(tokens.slice(length - 2)));
      return { ids: [...ids, ...new Array<number>(length - ids.length).fill(pad)], cut };
    },
  };
};
