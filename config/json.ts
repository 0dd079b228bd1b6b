// JSON of files that others wrote: text in UTF-8, of bounded depth and count, so that nothing behind it can overflow.
import type { RerenderError } from './errors.ts';
import { standIn } from './stand-in.ts';

/** Makes the error of a reader from what is wrong, as `is not JSON`; it names the file itself. */
export type JsonFail = (reason: string) => RerenderError;

const DEEPEST = 64; // levels; configs of models have 4, tokenizers 6
const MOST_VALUES = 10_000_000; // a safetensors header has 12 for each tensor

/** The text of a file: UTF-8, without the byte order mark that editors on Windows set at the head. */
export const decodeText = (bytes: Uint8Array, fail: JsonFail): string => {
  const other = standIn(bytes);
  if (other !== undefined) throw fail(other);
  const [first, second] = bytes;
  const wide =
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    (bytes.length > 1 && first !== second && !(first && second));
  if (wide) throw fail('is text in UTF-16; save it again as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('is not text in UTF-8');
  }
};

/** Where the string that opens at `from` closes: the place of its last quote, or the end of the text. Time grows with the string. */
const closingQuote = (text: string, from: number): number => {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
};

const [QUOTE, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];

/** Called for each bracket, comma and colon outside of strings, with the depth before an opening and behind a closing bracket. */
type Visit = (mark: number, depth: number, at: number) => void;

/** Walks over a JSON text once, without recursion. Throws through `fail` for text that nests too deep or holds too many values. */
const walk = (text: string, fail: JsonFail, visit: Visit = () => undefined): void => {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === OPEN || code === OPEN_LIST) {
      visit(code, depth++, at);
      if (depth > DEEPEST) throw fail(`nests JSON deeper than ${DEEPEST} levels`);
      values++;
    } else if (code === CLOSE || code === CLOSE_LIST) visit(code, --depth, at);
    else if (code === COMMA) {
      visit(code, depth, at);
      if (++values > MOST_VALUES) throw fail(`holds more than ${MOST_VALUES} values of JSON`);
    } else if (code === COLON) visit(code, depth, at);
  }
};

const parse = (text: string, fail: JsonFail): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail(`is not JSON: ${(error as Error).message}`);
  }
};

/**
 * Parses JSON of a file that others wrote: its bytes, or its text.
 * Throws through `fail` when it is no JSON in UTF-8, nests deeper than 64 levels or holds more values than any file of weights.
 */
export const parseJson = (source: Uint8Array | string, fail: JsonFail): unknown => {
  const text = typeof source === 'string' ? source.replace(/^\uFEFF/, '') : decodeText(source, fail);
  if (text.startsWith('\uFFFD\uFFFD') || text[1] === '\0') throw fail('is text in UTF-16; save it again as UTF-8');
  walk(text, fail);
  return parse(text, fail);
};

/**
 * The entries of a large JSON object in their order, one by one, those of equal keys too, which JSON.parse drops in silence.
 * Throws through `fail` as `parseJson` does, and for what is no object.
 */
export const eachEntry = (text: string, fail: JsonFail, entry: (key: string, value: unknown) => void): void => {
  let from = -1; // of the present entry; below 0 outside of the object
  let colon = -1;
  let count = 0;
  let end = 0; // behind the object
  const finish = (to: number): void => {
    if (colon < 0) throw fail('is not JSON: an entry has no value');
    const key = parse(text.slice(from, colon), fail);
    if (typeof key !== 'string') throw fail('is not JSON: a key is no text');
    entry(key, parse(text.slice(colon + 1, to), fail));
    count++;
  };
  walk(text, fail, (mark, depth, at) => {
    if (depth > 1) return;
    if (depth === 1 && from >= 0) {
      if (mark === COLON && colon < 0) colon = at;
      else if (mark === COMMA) {
        finish(at);
        from = at + 1;
        colon = -1;
      }
    } else if (mark === OPEN && end === 0 && text.slice(0, at).trim() === '') from = at + 1;
    else if (mark === CLOSE && from >= 0) {
      if (count > 0 || text.slice(from, at).trim() !== '') finish(at);
      from = -1;
      end = at + 1;
    } else throw fail('is not JSON: it is no object');
  });
  if (end === 0 || text.slice(end).trim() !== '') throw fail('is not JSON: it is no object, or does not end with it');
};

/** A JSON object, and not an array or null. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
