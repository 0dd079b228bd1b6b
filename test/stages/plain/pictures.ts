// The coder of stored pictures, plainly. Twin of kernels/pictures.ts.

const ROW_AT_LEAST = 16; // bytes of what counts as the row above

/** Bits of a whole number. */
const bitsOf = (value: number): number => 32 - Math.clz32(value);

/** What a picture's bytes become; `row` is the bytes of a row. */
export const packed = (data: Uint8Array, row: number): number[] => {
  const above = row * Math.ceil(ROW_AT_LEAST / row);
  const at = (p: number): number => data[p] ?? 0;
  const folded = (p: number): number => {
    const e = ((at(p) - at(p - 3) - at(p - above) + at(p - above - 3)) << 24) >> 24; // bytes wrap around
    return e < 0 ? -2 * e - 1 : 2 * e;
  };
  const out: number[] = [];
  for (let p = 0; p < data.length; p += 32) {
    const blocks = [0, 16].map(from => Array.from({ length: 16 }, (_, i) => folded(p + from + i)));
    const [first, second] = blocks.map(block => bitsOf(Math.max(...block))) as [number, number];
    out.push(first | (second << 4));
    for (const [n, bits] of [first, second].entries()) {
      for (let k = 0; k < bits; k++) {
        const plane = blocks[n]!.reduce((sum, value, i) => sum | (((value >> k) & 1) << i), 0);
        out.push(plane & 255, plane >> 8);
      }
    }
  }
  return out;
};
