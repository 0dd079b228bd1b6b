// Features that patches are compared by, 8 x i16 a pixel. Twin: test/stages/plain/patch.ts.
//
// A feature picture has (width + 4) x (height + 4) pixels of 16 bytes, two pixels of border repeated: [M.r M.g M.b  C.r C.g C.b  edge  0],
// value = 8 sqrt(weight) v; M the style (weight 1/2), C the source (2), edge the source's Laplacian (1/2).
// So a distance is 64 times EbSynth's energy.

// @ts-ignore: decorator
@inline
function clampTo(v: i32, high: i32): i32 {
  return v < 0 ? 0 : v > high ? high : v;
}

/** Integer luma, 0..255. */
// @ts-ignore: decorator
@inline
function lumaAt(rgb: usize): i32 {
  return (77 * <i32>load<u8>(rgb) + 150 * <i32>load<u8>(rgb, 1) + 29 * <i32>load<u8>(rgb, 2) + 128) >> 8;
}

/** 181 / 32 = 8 sqrt(1/2) */
// @ts-ignore: decorator
@inline
function light(v: i32): i16 {
  return <i16>((181 * v + 16) >> 5);
}

/** Luma plane of an RGB picture, one byte a pixel. */
export function lumaPlane(rgb: usize, count: i32, out: usize): void {
  for (let p: usize = 0; p < <usize>count; p++) store<u8>(out + p, lumaAt(rgb + 3 * p));
}

/** Features C, 8 sqrt(2) v = (181 v + 8) / 16, and edge of an RGB picture; M becomes 0. `luma` is its luma plane. */
export function packSource(rgb: usize, luma: usize, width: i32, height: i32, out: usize): void {
  const zero = i32x4.splat(0);
  for (let y = -2; y < height + 2; y++) {
    const j = clampTo(y, height - 1);
    const row = luma + <usize>(j * width);
    const above = luma + <usize>(clampTo(j - 1, height - 1) * width);
    const below = luma + <usize>(clampTo(j + 1, height - 1) * width);
    for (let x = -2; x < width + 2; x++, out += 16) {
      const i = clampTo(x, width - 1);
      const at = rgb + 3 * <usize>(j * width + i);
      const around = <i32>load<u8>(above + i) + <i32>load<u8>(below + i)
        + <i32>load<u8>(row + clampTo(i - 1, width - 1)) + <i32>load<u8>(row + clampTo(i + 1, width - 1));
      const edge = clampTo(around - 4 * <i32>load<u8>(row + i), 255);
      const words = i16x8.extend_low_i8x16_u(v128.load32_zero(at - 1)); // the byte before, R, G, B
      const lit = i16x8.shr_u(i16x8.add(i16x8.mul(words, i16x8.splat(181)), i16x8.splat(8)), 4); // `heavy`: below 2^16
      v128.store(out, i16x8.replace_lane(v128.shuffle<u16>(lit, zero, 8, 9, 10, 1, 2, 3, 8, 8), 6, light(edge)));
    }
  }
}

/** Feature M of one pixel. */
// @ts-ignore: decorator
@inline
function pack(rgba: usize, out: usize): void {
  const words = i16x8.extend_low_i8x16_u(v128.load32_zero(rgba));
  const lit = i16x8.shr_u(i16x8.add(i16x8.mul(words, i16x8.splat(181)), i16x8.splat(16)), 5); // `light`: below 2^16
  v128.store(out, v128.shuffle<u16>(lit, v128.load(out), 0, 1, 2, 11, 12, 13, 14, 15));
}

/**
 * Feature M from an RGBA picture.
 * @param active one byte a pixel: 0 is left as it is; without it (0) all are packed
 */
export function packStyle(rgba: usize, width: i32, height: i32, active: usize, out: usize): void {
  for (let y = -2; y < height + 2; y++) {
    const line = <usize>(clampTo(y, height - 1) * width);
    const row = rgba + (line << 2);
    if (!active) {
      for (let x = -2; x < width + 2; x++, out += 16) pack(row + (<usize>clampTo(x, width - 1) << 2), out);
      continue;
    }
    for (let x = -2; x < width + 2; x++, out += 16) {
      if (x >= 0 && x < width) {
        if (x + 8 <= width && load<u64>(active + line + x) == 0) {
          x += 7;
          out += 112;
          continue;
        }
        if (!load<u8>(active + line + x)) continue;
      }
      pack(row + (<usize>clampTo(x, width - 1) << 2), out);
    }
  }
}
