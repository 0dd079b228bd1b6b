// Luma as OpenCV has it. Twin: stages/vision/plain.ts, bit for bit.

/** RGB2GRAY: weights 0.299, 0.587, 0.114 in whole 2^-15ths, rounded. RGB -> one byte a pixel. */
export function luma(rgb: usize, count: i32, out: usize): void {
  for (let end = out + <usize>count; out < end; out++, rgb += 3) {
    const level = 9798 * <u32>load<u8>(rgb) + 19235 * <u32>load<u8>(rgb, 1) + 3735 * <u32>load<u8>(rgb, 2) + 16384;
    store<u8>(out, <u8>(level >> 15));
  }
}
