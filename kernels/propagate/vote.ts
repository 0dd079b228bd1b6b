// From matches to a picture. Twin: test/stages/plain/patch.ts.

/** Four bytes as words. */
// @ts-ignore: decorator
@inline
function rgba(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load32_zero(at));
}

/** What the patch matched i pixels to the right says of the pixel: RGBA as words. `row` is the style's, shifted by the patch's rows. */
// @ts-ignore: decorator
@inline
function saying(row: usize, stride: usize, q: usize, i: isize): v128 {
  const match = load<i32>(q + (i << 2)); // x in the low half, y in the high one
  const at = row + <usize>(match >> 16) * stride + (<usize>((match << 16) >> 14) + <usize>((2 - i) << 2));
  return rgba(at);
}

/**
 * Every active pixel becomes the mean of what the up to 25 patches over it say of it; other pixels are left alone.
 * @param style (width + 4) x (height + 4) RGBA with a repeated border
 */
export function vote(style: usize, width: i32, height: i32, matches: usize, active: usize, out: usize): void {
  const stride = (<usize>width + 4) << 2;
  const across = i32x4.splat(((width + 4) << 16) | 1);
  const zero = i32x4.splat(0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = <usize>(y * width + x);
      if (x + 8 <= width && load<u64>(active + p) == 0) {
        x += 7;
        continue;
      }
      if (!load<u8>(active + p)) continue;
      const left = x < 2 ? -x : -2;
      const right = x > width - 3 ? width - 1 - x : 2;
      const top = y < 2 ? -y : -2;
      const low = y > height - 3 ? height - 1 - y : 2;
      let sum = zero;
      for (let j = top; j <= low; j++) {
        const q = matches + (<usize>((y + j) * width + x) << 2);
        const row = style + <usize>(2 - j) * stride;
        if (right - left == 4) {
          const places = i32x4.shl(i32x4.dot_i16x8_s(v128.load(q - 8), across), 2); // x + (width + 4) y, in bytes
          sum = i16x8.add(sum, rgba(row + <usize>i32x4.extract_lane(places, 0) + 16));
          sum = i16x8.add(sum, rgba(row + <usize>i32x4.extract_lane(places, 1) + 12));
          sum = i16x8.add(sum, rgba(row + <usize>i32x4.extract_lane(places, 2) + 8));
          sum = i16x8.add(sum, rgba(row + <usize>i32x4.extract_lane(places, 3) + 4));
          sum = i16x8.add(sum, saying(row, stride, q, 2));
        } else {
          for (let i = left; i <= right; i++) sum = i16x8.add(sum, saying(row, stride, q, i));
        }
      }
      const count = <f32>((right - left + 1) * (low - top + 1));
      const mean = f32x4.add(f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(sum)), f32x4.splat(count)), f32x4.splat(0.5));
      const whole = i32x4.trunc_sat_f32x4_u(mean);
      const words = i16x8.narrow_i32x4_s(whole, whole);
      v128.store32_lane(out + (p << 2), i8x16.narrow_i16x8_u(words, words), 0);
    }
  }
}
