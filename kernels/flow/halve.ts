// Pictures at half their size, as OpenCV has them. Twins: stages/vision/plain.ts, bit for bit.

/** Luma as RGB2GRAY has it: weights 0.299, 0.587, 0.114 in whole 2^-15ths, rounded. RGB -> one byte a pixel. */
export function luma(rgb: usize, count: i32, out: usize): void {
  for (let end = out + <usize>count; out < end; out++, rgb += 3) {
    const level = 9798 * <u32>load<u8>(rgb) + 19235 * <u32>load<u8>(rgb, 1) + 3735 * <u32>load<u8>(rgb, 2) + 16384;
    store<u8>(out, <u8>(level >> 15));
  }
}

/** Means of 2x2 as INTER_AREA has them, halves rounded up. @param width, height of `out`; `channels` bytes a pixel */
export function halveBytes(from: usize, width: i32, height: i32, channels: i32, out: usize): void {
  const next = <usize>channels;
  const row = 2 * next * <usize>width;
  for (let y = 0; y < height; y++, from += row) {
    for (let x = 0; x < width; x++, from += next) {
      for (let c = 0; c < channels; c++, from++, out++) {
        const below = from + row;
        const sum = <u32>load<u8>(from) + <u32>load<u8>(from + next) + <u32>load<u8>(below) + <u32>load<u8>(below + next);
        store<u8>(out, <u8>((sum + 2) >> 2));
      }
    }
  }
}
