// A picture warped along a displacement field, read by Catmull-Rom's cubic. Twin: test/stages/plain/warp.ts, bit for bit.

const PHASES: f64 = 32; // of a pixel, each axis
const STRIDE: i32 = 33 * 32; // bytes of the weight table a vertical phase: 33 horizontal phases of 16 x i16

/** Clamps x and y to 0..high; what is not a number becomes 0. */
// @ts-ignore: decorator
@inline
function within(place: v128, high: v128): v128 {
  return v128.and(f64x2.pmin(high, place), f64x2.gt(place, f64x2.splat(0)));
}

/** Two taps of a row at once: 4 RGBA bytes each, as (tap 0, tap 1) pairs a channel, times (weight 0, weight 1). */
// @ts-ignore: decorator
@inline
function taps(row: v128, weights: usize): v128 {
  const zero = i32x4.splat(0);
  const near = v128.shuffle<u8>(row, zero, 0, 16, 4, 16, 1, 16, 5, 16, 2, 16, 6, 16, 3, 16, 7, 16);
  const far = v128.shuffle<u8>(row, zero, 8, 16, 12, 16, 9, 16, 13, 16, 10, 16, 14, 16, 11, 16, 15, 16);
  return i32x4.add(
    i32x4.dot_i16x8_s(near, v128.load32_splat(weights)),
    i32x4.dot_i16x8_s(far, v128.load32_splat(weights, 4)),
  );
}

/**
 * out(p) = from(p + map(p)), RGBA; places outside of the picture take its border.
 * @param from (width + 4) x (height + 4) RGBA: the picture with two pixels of its border repeated around it
 * @param map interleaved f32 x, y in cells on a grid of `gridWidth` x `gridHeight`, read bilinearly
 * @param cells for every column of the picture its grid cell (i32), then for every row
 * @param parts how far it is towards the next cell (f32), columns, then rows
 * @param sx picture pixels a cell, horizontally; `sy` vertically
 * @param weights 33 x 33 phases of 4 x 4 weights, i16, in 256ths
 * @param row scratch of 2 gridWidth + 2 f64
 */
export function warpCubic(
  from: usize, width: i32, height: i32, map: usize, gridWidth: i32, gridHeight: i32,
  cells: usize, parts: usize, sx: f64, sy: f64, weights: usize, row: usize, out: usize,
): void {
  const stride: usize = (<usize>width + 4) << 2;
  const corner = f64x2.replace_lane(f64x2.splat(<f64>(width - 1)), 1, <f64>(height - 1));
  const half = i32x4.splat(128);
  const below: usize = gridHeight > 1 ? <usize>gridWidth << 3 : 0;
  const last = row + (<usize>gridWidth << 4);
  for (let y = 0; y < height; y++) {
    const top = map + (<usize>(gridWidth * load<i32>(cells + (<usize>(width + y) << 2))) << 3);
    const t = <f64>load<f32>(parts + (<usize>(width + y) << 2));
    for (let n: usize = 0, end = <usize>gridWidth << 3; n < end; n += 8) {
      const x0 = <f64>load<f32>(top + n);
      const y0 = <f64>load<f32>(top + n, 4);
      store<f64>(row + (n << 1), sx * (x0 + t * (<f64>load<f32>(top + below + n) - x0)));
      store<f64>(row + (n << 1), sy * (y0 + t * (<f64>load<f32>(top + below + n, 4) - y0)), 8);
    }
    store<f64>(last, load<f64>(last - 16));
    store<f64>(last, load<f64>(last - 8), 8);
    const start = f64x2.replace_lane(f64x2.splat(0), 1, <f64>y);
    for (let x = 0; x < width; x++, out += 4) {
      const q = row + (<usize>load<i32>(cells + (<usize>x << 2)) << 4);
      const s = f64x2.splat(<f64>load<f32>(parts + (<usize>x << 2)));
      const d = v128.load(q);
      const moved = f64x2.add(f64x2.replace_lane(start, 0, <f64>x), d);
      const place = within(f64x2.add(moved, f64x2.mul(s, f64x2.sub(v128.load(q, 16), d))), corner);
      const whole = i32x4.trunc_sat_f64x2_s_zero(place);
      const rest = f64x2.sub(place, f64x2.convert_low_i32x4_s(whole));
      const phase = i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.mul(rest, f64x2.splat(PHASES)), f64x2.splat(0.5)));
      const i = i32x4.extract_lane(whole, 0);
      const j = i32x4.extract_lane(whole, 1);
      const across = i32x4.extract_lane(phase, 0);
      const down = i32x4.extract_lane(phase, 1);
      const a = from + <usize>(j + 1) * stride + (<usize>(i + 1) << 2);
      const b = a + stride;
      if ((across | down) == 0) {
        store<u32>(out, load<u32>(b, 4)); // at a pixel's own place: all of the weight is its own
        continue;
      }
      const w = weights + (<usize>across << 5) + <usize>(STRIDE * down);
      const c = b + stride;
      let sum = i32x4.add(half, taps(v128.load(a), w));
      sum = i32x4.add(sum, taps(v128.load(b), w + 8));
      sum = i32x4.add(sum, taps(v128.load(c), w + 16));
      sum = i32x4.shr_s(i32x4.add(sum, taps(v128.load(c + stride), w + 24)), 8);
      const words = i16x8.narrow_i32x4_s(sum, sum);
      v128.store32_lane(out, i8x16.narrow_i16x8_u(words, words), 0);
    }
  }
}
