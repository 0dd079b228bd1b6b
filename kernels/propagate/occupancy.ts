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

/** How often the patches at each place are used, in the same words as `occupancy`, before they are summed. i32 a pixel. */
export function countUses(matches: usize, width: i32, height: i32, hits: usize): void {
  const count = <usize>(width * height);
  memory.fill(hits, 0, count << 2);
  for (let p: usize = 0; p < count; p++) {
    const at = hits + (<usize>(<i32>load<i16>(matches + (p << 2), 2) * width + <i32>load<i16>(matches + (p << 2))) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
}

/** Brings the counts up to date where active pixels have other matches than those that were counted, and notes the new ones. */
export function recountUses(matches: usize, width: i32, height: i32, active: usize, counted: usize, hits: usize): void {
  const count = <usize>(width * height);
  for (let p: usize = 0; p < count; p++) {
    if (p + 8 <= count && load<u64>(active + p) == 0) {
      p += 7;
      continue;
    }
    const at = p << 2;
    if (!load<u8>(active + p) || load<u32>(matches + at) == load<u32>(counted + at)) continue;
    const before = hits + (<usize>(<i32>load<i16>(counted + at, 2) * width + <i32>load<i16>(counted + at)) << 2);
    store<i32>(before, load<i32>(before) - 1);
    const now = hits + (<usize>(<i32>load<i16>(matches + at, 2) * width + <i32>load<i16>(matches + at)) << 2);
    store<i32>(now, load<i32>(now) + 1);
    store<u32>(counted + at, load<u32>(matches + at));
  }
}

/** Side of the squares of pixels that `usesOfTile` sums at once. */
export const TILE: i32 = 16;

/**
 * The sums of `occupancy` for the pixels of one tile, whose first is (x0, y0); `strip` is scratch of 24 x 16 i32.
 */
export function usesOfTile(hits: usize, width: i32, height: i32, x0: i32, y0: i32, strip: usize, out: usize): void {
  const right = min(x0 + TILE, width);
  const below = min(y0 + TILE, height);
  memory.fill(strip, 0, 24 * 64);
  for (let y = max(0, y0 - 4), end = min(height, below + 4); y < end; y++) {
    const to = strip + (<usize>(y - y0 + 4) << 6);
    for (let x = x0; x < right; x++) {
      const at = hits + (<usize>(y * width + x) << 2);
      if (x >= 4 && x + 8 <= width) {
        v128.store(to + (<usize>(x - x0) << 2), tent4(at, 4));
        x += 3;
      } else store<i32>(to + (<usize>(x - x0) << 2), tent(at, 4, x, width));
    }
  }
  for (let y = y0; y < below; y++) {
    const from = strip + (<usize>(y - y0 + 4) << 6);
    for (let x = x0; x < right; x++) {
      const at = from + (<usize>(x - x0) << 2);
      const to = out + (<usize>(y * width + x) << 2);
      if (x + 4 <= right) {
        v128.store(to, tent4(at, 64));
        x += 3;
      } else store<i32>(to, tent(at, 64, 4, 9));
    }
  }
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
