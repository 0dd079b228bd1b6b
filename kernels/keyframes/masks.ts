// Growing and blurring of masks, f32 a pixel. Twin: test/stages/plain/masks.ts, bit for bit.

/**
 * The maximum over a square of `reach` pixels to every side, clipped at the border.
 * @param rows scratch of width x height f32
 */
export function maxAround(from: usize, width: i32, height: i32, reach: i32, rows: usize, out: usize): void {
  for (let y = 0; y < height; y++) {
    const at = <usize>(y * width) << 2;
    for (let x = 0; x < width; x++) {
      const p = at + (<usize>x << 2);
      if (x >= reach && x + 4 + reach <= width) {
        let most = v128.load(from + p);
        for (let k: usize = 4; k <= <usize>reach << 2; k += 4) {
          most = f32x4.max(most, f32x4.max(v128.load(from + p - k), v128.load(from + p + k)));
        }
        v128.store(rows + p, most);
        x += 3;
        continue;
      }
      let most: f32 = -Infinity;
      for (let k = max(0, x - reach), end = min(width - 1, x + reach); k <= end; k++) {
        most = max<f32>(most, load<f32>(from + at + (<usize>k << 2)));
      }
      store<f32>(rows + p, most);
    }
  }
  const below = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const top = rows + <usize>max(0, y - reach) * below;
    const low = rows + <usize>min(height - 1, y + reach) * below;
    for (let x = 0; x < width; x++, out += 4) {
      const across = <usize>x << 2;
      if (x + 4 <= width) {
        let most = v128.load(top + across);
        for (let q = top + below; q <= low; q += below) most = f32x4.max(most, v128.load(q + across));
        v128.store(out, most);
        x += 3;
        out += 12;
        continue;
      }
      let most: f32 = -Infinity;
      for (let q = top; q <= low; q += below) most = max<f32>(most, load<f32>(q + across));
      store<f32>(out, most);
    }
  }
}

/** Index k of a line of n, mirrored at its ends without repeating them. */
// @ts-ignore: decorator
@inline
function mirrored(k: i32, n: i32): i32 {
  const period = max(1, 2 * (n - 1));
  const inside = ((k % period) + period) % period;
  return min(inside, period - inside) % n;
}

/**
 * Weighted means over rows, then columns, in f64, mirrored at the border.
 * @param weights 2 reach + 1 f64
 * @param rows scratch of width x height f64
 */
export function blur(from: usize, width: i32, height: i32, weights: usize, reach: i32, rows: usize, out: usize): void {
  const taps = 2 * reach + 1;
  for (let y = 0, to = rows; y < height; y++) {
    const at = from + (<usize>(y * width) << 2);
    for (let x = 0; x < width; x++, to += 8) {
      if (x >= reach && x + 2 + reach <= width) {
        let sums = f64x2.splat(0);
        for (let n: usize = 0, q = at + (<usize>(x - reach) << 2); n < <usize>taps; n++, q += 4) {
          sums = f64x2.add(sums, f64x2.mul(v128.load64_splat(weights + (n << 3)), f64x2.promote_low_f32x4(v128.load64_zero(q))));
        }
        v128.store(to, sums);
        x++;
        to += 8;
        continue;
      }
      let sum: f64 = 0;
      for (let n = 0; n < taps; n++) {
        sum += load<f64>(weights + (<usize>n << 3)) * <f64>load<f32>(at + (<usize>mirrored(x + n - reach, width) << 2));
      }
      store<f64>(to, sum);
    }
  }
  const below = <usize>width << 3;
  for (let y = 0; y < height; y++) {
    const inside = y >= reach && y + reach < height;
    for (let x = 0; x < width; x++, out += 4) {
      const isPair = x + 2 <= width;
      let q = rows + (<usize>((y - reach) * width + x) << 3); // of the first tap, where rows are not mirrored
      let sums = f64x2.splat(0);
      for (let n = 0; n < taps; n++, q += below) {
        const at = inside ? q : rows + (<usize>(mirrored(y + n - reach, height) * width + x) << 3);
        const values = isPair ? v128.load(at) : v128.load64_zero(at);
        sums = f64x2.add(sums, f64x2.mul(v128.load64_splat(weights + (<usize>n << 3)), values));
      }
      const means = f32x4.demote_f64x2_zero(sums);
      if (isPair) {
        v128.store64_lane(out, means, 0);
        x++;
        out += 4;
      } else v128.store32_lane(out, means, 0);
    }
  }
}
