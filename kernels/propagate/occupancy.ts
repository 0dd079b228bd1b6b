// How often the patches of the style are used, for even use of it. Twin: test/stages/plain/patch.ts.

/**
 * Two boxes of five, one after the other: weights 1 2 3 4 5 4 3 2 1, in steps of `step` bytes; element i of n, what is outside left out.
 */
// @ts-ignore: decorator
@inline
function tent(at: usize, step: usize, i: i32, n: i32): i32 {
  let sum = 0;
  for (let k = -4; k <= 4; k++) {
    if (i + k >= 0 && i + k < n) sum += (k < 0 ? 5 + k : 5 - k) * load<i32>(at + <usize>k * step);
  }
  return sum;
}

/** `tent` of four elements side by side that have four neighbours to both sides: the sum of the sums over 1, 3, 5, 7 and 9. */
// @ts-ignore: decorator
@inline
function tent4(at: usize, step: usize): v128 {
  let wider = v128.load(at);
  let sum = wider;
  for (let k: usize = 1; k <= 4; k++) {
    wider = i32x4.add(wider, i32x4.add(v128.load(at - k * step), v128.load(at + k * step)));
    sum = i32x4.add(sum, wider);
  }
  return sum;
}

/**
 * How often each source patch is used: hits a pixel, summed over 5x5 twice (625 where every pixel is used once). i32.
 * `rows` is scratch of width x height i32.
 */
export function occupancy(matches: usize, width: i32, height: i32, rows: usize, out: usize): void {
  const count = width * height;
  memory.fill(rows, 0, <usize>count << 2);
  for (let p: usize = 0; p < <usize>count; p++) {
    const at = rows + (<usize>(<i32>load<i16>(matches + (p << 2), 2) * width + <i32>load<i16>(matches + (p << 2))) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = <usize>(y * width + x) << 2;
      if (x >= 4 && x + 8 <= width) {
        v128.store(out + p, tent4(rows + p, 4));
        x += 3;
      } else store<i32>(out + p, tent(rows + p, 4, x, width));
    }
  }
  memory.copy(rows, out, <usize>count << 2);
  const below = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const inside = y >= 4 && y + 4 < height;
    for (let x = 0; x < width; x++) {
      const p = <usize>(y * width + x) << 2;
      if (inside && x + 4 <= width) {
        v128.store(out + p, tent4(rows + p, below));
        x += 3;
      } else store<i32>(out + p, tent(rows + p, below, y, height));
    }
  }
}
