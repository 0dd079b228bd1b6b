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
  let p: usize = 0;
  for (; p + 8 <= <usize>count; p += 8) { // sums below 2^16
    const a = v128.load(rgb + 3 * p);
    const b = v128.load(rgb + 3 * p, 8);
    const red = i16x8.extend_low_i8x16_u(v128.shuffle<u8>(a, b, 0, 3, 6, 9, 12, 15, 26, 29, 0, 0, 0, 0, 0, 0, 0, 0));
    const green = i16x8.extend_low_i8x16_u(v128.shuffle<u8>(a, b, 1, 4, 7, 10, 13, 24, 27, 30, 0, 0, 0, 0, 0, 0, 0, 0));
    const blue = i16x8.extend_low_i8x16_u(v128.shuffle<u8>(a, b, 2, 5, 8, 11, 14, 25, 28, 31, 0, 0, 0, 0, 0, 0, 0, 0));
    const warm = i16x8.add(i16x8.mul(red, i16x8.splat(77)), i16x8.mul(green, i16x8.splat(150)));
    const luma = i16x8.shr_u(i16x8.add(i16x8.add(warm, i16x8.mul(blue, i16x8.splat(29))), i16x8.splat(128)), 8);
    v128.store64_lane(out + p, i8x16.narrow_i16x8_u(luma, luma), 0);
  }
  for (; p < <usize>count; p++) store<u8>(out + p, lumaAt(rgb + 3 * p));
}

/** Eight bytes as words. */
// @ts-ignore: decorator
@inline
function eight(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load64_zero(at));
}

/** Feature C of one pixel behind zeros: 0 . . 0  r g b, then zeros, as words. */
// @ts-ignore: decorator
@inline
function heavy(rgb: usize): v128 {
  const words = i16x8.extend_low_i8x16_u(v128.load32_zero(rgb - 1)); // the byte before, R, G, B
  return i16x8.shr_u(i16x8.add(i16x8.mul(words, i16x8.splat(181)), i16x8.splat(8)), 4); // below 2^16
}

/** Features of eight pixels side by side that have neighbours on all sides; `rgb` and the rows of luma begin at the first. */
// @ts-ignore: decorator
@inline
function packEight(rgb: usize, above: usize, row: usize, below: usize, out: usize): void {
  const around = i16x8.add(i16x8.add(eight(above), eight(below)), i16x8.add(eight(row - 1), eight(row + 1)));
  const apart = i16x8.sub(around, i16x8.shl(eight(row), 2));
  const edge = i16x8.min_s(i16x8.max_s(apart, i16x8.splat(0)), i16x8.splat(255));
  const lit = i16x8.shr_u(i16x8.add(i16x8.mul(edge, i16x8.splat(181)), i16x8.splat(16)), 5); // `light`: below 2^16
  v128.store(out, v128.shuffle<u16>(heavy(rgb), lit, 4, 4, 4, 1, 2, 3, 8, 4));
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 3), lit, 4, 4, 4, 1, 2, 3, 9, 4), 16);
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 6), lit, 4, 4, 4, 1, 2, 3, 10, 4), 32);
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 9), lit, 4, 4, 4, 1, 2, 3, 11, 4), 48);
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 12), lit, 4, 4, 4, 1, 2, 3, 12, 4), 64);
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 15), lit, 4, 4, 4, 1, 2, 3, 13, 4), 80);
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 18), lit, 4, 4, 4, 1, 2, 3, 14, 4), 96);
  v128.store(out, v128.shuffle<u16>(heavy(rgb + 21), lit, 4, 4, 4, 1, 2, 3, 15, 4), 112);
}

/** Features C, 8 sqrt(2) v = (181 v + 8) / 16, and edge of an RGB picture; M becomes 0. `luma` is its luma plane. */
export function packSource(rgb: usize, luma: usize, width: i32, height: i32, out: usize): void {
  for (let y = -2; y < height + 2; y++) {
    const j = clampTo(y, height - 1);
    const line = rgb + 3 * <usize>(j * width);
    const row = luma + <usize>(j * width);
    const above = luma + <usize>(clampTo(j - 1, height - 1) * width);
    const below = luma + <usize>(clampTo(j + 1, height - 1) * width);
    for (let x = -2; x < width + 2; x++, out += 16) {
      if (x >= 1 && x + 9 <= width) {
        packEight(line + 3 * <usize>x, above + x, row + x, below + x, out);
        x += 7;
        out += 112;
        continue;
      }
      const i = clampTo(x, width - 1);
      const around = <i32>load<u8>(above + i) + <i32>load<u8>(below + i)
        + <i32>load<u8>(row + clampTo(i - 1, width - 1)) + <i32>load<u8>(row + clampTo(i + 1, width - 1));
      const edge = light(clampTo(around - 4 * <i32>load<u8>(row + i), 255));
      v128.store(out, i16x8.replace_lane(v128.shuffle<u16>(heavy(line + 3 * <usize>i), i32x4.splat(0), 8, 9, 10, 1, 2, 3, 8, 8), 6, edge));
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
