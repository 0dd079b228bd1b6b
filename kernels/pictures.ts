// Bytes of pictures in fewer bytes, and back. Twin: test/stages/plain/pictures.ts.
//
// A byte is told by what it differs from its prediction by the bytes to the left and above,
//   e(p) = x(p) - x(p - 3) - x(p - above) + x(p - above - 3), bytes wrapping around,
// folded so that small differences of both signs are small numbers: 0, -1, 1, -2 ... become 0, 1, 2, 3 ...
// Sixteen such numbers take as many planes of 16 bits as the greatest has bits. Blocks go in twos, one byte with both counts before them.

/** Bytes of two blocks. */
const PAIR: usize = 32;

/** Folded differences of sixteen bytes. */
// @ts-ignore: decorator
@inline
function folded(at: usize, above: usize): v128 {
  const here = i8x16.sub(v128.load(at), v128.load(at - 3));
  const e = i8x16.sub(here, i8x16.sub(v128.load(at - above), v128.load(at - above - 3)));
  return v128.xor(i8x16.shl(e, 1), i8x16.shr_s(e, 7));
}

/** Bits of the greatest of sixteen numbers. */
// @ts-ignore: decorator
@inline
function bitsOf(block: v128): u32 {
  let any = i64x2.extract_lane(block, 0) | i64x2.extract_lane(block, 1);
  any |= any >> 32;
  any |= any >> 16;
  any |= any >> 8;
  return 32 - clz<u32>(<u32>any & 255);
}

/** Writes the lowest bits of sixteen numbers, plane by plane; returns where they end. */
// @ts-ignore: decorator
@inline
function planes(block: v128, bits: u32, out: usize): usize {
  for (let k: u32 = 0; k < bits; k++, out += 2) store<u16>(out, <u16>i8x16.bitmask(i8x16.shl(block, 7 - k)));
  return out;
}

/**
 * Packs `count` bytes of a picture.
 * @param from the bytes, with `above` + 3 zeros before them and zeros behind, to a multiple of 32
 * @param above bytes from each row to the next, 16 at least (of narrow pictures those of several rows)
 * @param out room for 33 bytes for every 32
 * @returns how many bytes were written
 */
export function pack(from: usize, count: usize, above: usize, out: usize): usize {
  const start = out;
  for (let p: usize = 0; p < count; p += PAIR) {
    const first = folded(from + p, above);
    const second = folded(from + p + 16, above);
    const bits = bitsOf(first);
    const more = bitsOf(second);
    store<u8>(out, <u8>(bits | (more << 4)));
    out = planes(second, more, planes(first, bits, out + 1));
  }
  return out - start;
}

/** Sixteen numbers out of their planes. */
// @ts-ignore: decorator
@inline
function gather(from: usize, bits: u32): v128 {
  let block = i8x16.splat(0);
  let bit: i8 = 1;
  for (let k: u32 = 0; k < bits; k++, from += 2, bit <<= 1) {
    const halves = v128.shuffle<u8>(v128.load16_splat(from), i8x16.splat(0), 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const own = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const isSet = i8x16.eq(v128.and(halves, own), own);
    block = v128.or(block, v128.and(isSet, i8x16.splat(bit)));
  }
  return block;
}

/** The sixteen bytes at `at` out of their folded differences and what lies before and above. */
// @ts-ignore: decorator
@inline
function unfold(block: v128, at: usize, above: usize): void {
  const zero = i8x16.splat(0);
  const one = i8x16.splat(1);
  let sum = v128.xor(i8x16.shr_u(block, 1), i8x16.neg(v128.and(block, one)));
  sum = i8x16.add(sum, v128.shuffle<u8>(zero, sum, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28));
  sum = i8x16.add(sum, v128.shuffle<u8>(zero, sum, 0, 0, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25));
  sum = i8x16.add(sum, v128.shuffle<u8>(zero, sum, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 17, 18, 19));
  const before = i8x16.sub(v128.load(at - 16), v128.load(at - above - 16));
  sum = i8x16.add(sum, v128.shuffle<u8>(before, zero, 13, 14, 15, 13, 14, 15, 13, 14, 15, 13, 14, 15, 13, 14, 15, 13));
  v128.store(at, i8x16.add(sum, v128.load(at - above)));
}

/**
 * Undoes `pack`.
 * @param from what it wrote
 * @param out room for `count` bytes to a multiple of 32, with `above` + 16 zeros before them
 * @returns how many bytes were read
 */
export function unpack(from: usize, count: usize, above: usize, out: usize): usize {
  const start = from;
  for (let p: usize = 0; p < count; p += PAIR) {
    const bits = <u32>load<u8>(from);
    const first = from + 1;
    const second = first + ((bits & 15) << 1);
    unfold(gather(first, bits & 15), out + p, above);
    unfold(gather(second, bits >> 4), out + p + 16, above);
    from = second + ((bits >> 4) << 1);
  }
  return from - start;
}
