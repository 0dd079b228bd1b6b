// A counter-based random generator: the n-th numbers of a key cost the same as the first ones and need no state.

const mulHigh = (a: number, b: number): number => {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16); // below 2^32, as every partial product of 16 bits
  const cross = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
};

/** Four unsigned 32-bit words. */
export type Words4 = readonly [number, number, number, number];

/**
 * As {@link philox4x32}, into `out`: words in arrays of their own would be most of the garbage of a drawing.
 * @param k0, k1 the key's words, unsigned
 */
export const philoxInto = (counter: Words4, k0: number, k1: number, out: Uint32Array): void => {
  let [c0, c1, c2, c3] = counter;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0; // golden ratio
    k1 = (k1 + 0xbb67ae85) >>> 0; // sqrt(3) - 1
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
};

/**
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3): ten rounds of a keyed bijection turn a
 * counter into four random 32-bit words.
 * @param counter, key words of 32 bits, unsigned
 */
export const philox4x32 = (counter: Words4, key: readonly [number, number]): Words4 => {
  const words = new Uint32Array(4);
  philoxInto(counter, ...key, words);
  return [words[0]!, words[1]!, words[2]!, words[3]!];
};
