// Byte-pair encoding of one word over the byte alphabet that GPT-2 and CLIP share.

/** The end-of-word mark that CLIP writes behind the last symbol of a word. */
export const WORD_END = '</w>';

/**
 * A printable character for each byte: itself where it is printable Latin-1, else one from U+0100 on.
 * Indexed by byte.
 */
export const byteAlphabet: readonly string[] = (() => {
  const printable = (b: number): boolean => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b !== 0xad);
  let spare = 0x100;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : spare++));
})();

const byteOf: ReadonlyMap<string, number> = new Map(byteAlphabet.map((c, b) => [c, b]));

/** The text that symbols stand for; word ends become spaces. */
export const readSymbols = (symbols: readonly string[]): string =>
  symbols
    .join('')
    .split(WORD_END)
    .map(word => new TextDecoder().decode(Uint8Array.from(word, c => byteOf.get(c) ?? 0x3f)))
    .join(' ')
    .trim();

/** Rank of each mergeable pair, written `left right`; lower ranks merge first. */
export type Merges = ReadonlyMap<string, number>;

/** Splits a word into symbols: its bytes, merged pair by pair in the order of rank, leftmost first. */
export const splitWord = (word: string, merges: Merges): string[] => {
  const symbols = Array.from(new TextEncoder().encode(word), b => byteAlphabet[b]!);
  symbols.push(symbols.pop()! + WORD_END);
  for (;;) {
    let best = -1;
    let bestRank = Infinity;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const rank = merges.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Infinity;
      if (rank < bestRank) [best, bestRank] = [i, rank];
    }
    if (best < 0) return symbols;
    symbols.splice(best, 2, symbols[best]! + symbols[best + 1]!);
  }
};
