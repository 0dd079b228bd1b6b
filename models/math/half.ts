// float32 to float16 (IEEE 754 binary16) and back.

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** Bits of the half nearest to x, ties to even; too large numbers become infinite. */
const halfOf = (x: number): number => {
  value[0] = x;
  const b = bits[0]!;
  const sign = (b >>> 16) & 0x8000;
  const rest = b & 0x7fffffff;
  if (rest >= 0x47800000) return sign | (rest > 0x7f800000 ? 0x7e00 : 0x7c00); // 65536 and more; not a number
  if (rest < 0x38800000) {
    value[0] = Math.abs(x) + 0.5; // below 2^-14: adding 0.5 leaves multiples of 2^-24, rounded, in the last bits
    return sign | (bits[0]! - 0x3f000000);
  }
  return sign | ((rest + 0xfff + ((rest >>> 13) & 1) - 0x38000000) >>> 13);
};

/** The number that 16 bits mean: sign, 5 bits of exponent, 10 of fraction. */
export const halfValue = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
};

const DECODED = Float32Array.from({ length: 0x10000 }, (_, half) => halfValue(half));

// Loops, as `from` with a function makes a list of the numbers first, which takes thirty times as long.

/** The halves nearest to the numbers, ties to even. */
export const toHalf = (data: Float32Array): Uint16Array => {
  const out = new Uint16Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = halfOf(data[i]!);
  return out;
};

/** The numbers that the halves mean: exact. */
export const fromHalf = (data: Uint16Array): Float32Array => {
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = DECODED[data[i]!]!;
  return out;
};
