// Halving of fields and masks, for the coarse levels, and what is done with masks. Twin: test/stages/plain/patch.ts.

/** A full-size map for the halved pictures: (mean of 2x2 - 0.5) / 2, clamped to the picture. */
export function halveMap(from: usize, width: i32, height: i32, out: usize): void {
  const wide = (width + 1) >> 1;
  const high = (height + 1) >> 1;
  for (let y = 0; y < high; y++) {
    const a = from + (<usize>(2 * y * width) << 3);
    const b = 2 * y + 1 < height ? a + (<usize>width << 3) : a;
    for (let x = 0; x < wide; x++, out += 8) {
      const i = <usize>x << 4;
      const j = 2 * x + 1 < width ? i + 8 : i;
      for (let c: usize = 0; c < 8; c += 4) {
        const sum = load<f32>(a + i + c) + load<f32>(a + j + c) + load<f32>(b + i + c) + load<f32>(b + j + c);
        const u = (sum * 0.25 - 0.5) * 0.5;
        const last = <f32>((c == 0 ? wide : high) - 1);
        store<f32>(out + c, u > 0 ? (u < last ? u : last) : 0);
      }
    }
  }
}

/** A mask at half the size: set where any of 2x2 is. */
export function halveMask(from: usize, width: i32, height: i32, out: usize): void {
  for (let y = 0; y < (height + 1) >> 1; y++) {
    const a = from + <usize>(2 * y * width);
    const b = 2 * y + 1 < height ? a + <usize>width : a;
    for (let x = 0; x < (width + 1) >> 1; x++, out++) {
      const i = <usize>(2 * x);
      const j = 2 * x + 1 < width ? i + 1 : i;
      store<u8>(out, load<u8>(a + i) | load<u8>(a + j) | load<u8>(b + i) | load<u8>(b + j));
    }
  }
}

/** Matches of a halved level for the level below: twice the match plus the pixel's parity, clamped to the picture. */
export function doubleMatches(from: usize, width: i32, height: i32, out: usize): void {
  const half = (width + 1) >> 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += 4) {
      const at = from + (<usize>((y >> 1) * half + (x >> 1)) << 2);
      const u = 2 * <i32>load<i16>(at) + (x & 1);
      const v = 2 * <i32>load<i16>(at, 2) + (y & 1);
      store<i16>(out, <i16>(u < width ? u : width - 1));
      store<i16>(out, <i16>(v < height ? v : height - 1), 2);
    }
  }
}

/** Largest byte within `radius` pixels each way (a square); `rows` is scratch of the same size. */
export function dilate(from: usize, width: i32, height: i32, radius: i32, rows: usize, out: usize): void {
  for (let y = 0; y < height; y++) {
    const at = <usize>(y * width);
    for (let x = 0; x < width; x++) {
      if (x >= radius && x + 16 + radius <= width) {
        let most = v128.load(from + at + x);
        for (let k: usize = 1; k <= <usize>radius; k++) {
          most = i8x16.max_u(most, i8x16.max_u(v128.load(from + at + x - k), v128.load(from + at + x + k)));
        }
        v128.store(rows + at + x, most);
        x += 15;
        continue;
      }
      let most: u8 = 0;
      for (let k = max(0, x - radius), end = min(width - 1, x + radius); k <= end; k++) most = max(most, load<u8>(from + at + k));
      store<u8>(rows + at + x, most);
    }
  }
  for (let y = 0; y < height; y++) {
    const top = max(0, y - radius);
    const low = min(height - 1, y + radius);
    for (let x = 0; x < width; x++) {
      if (x + 16 <= width) {
        let most = v128.load(rows + <usize>(top * width + x));
        for (let k = top + 1; k <= low; k++) most = i8x16.max_u(most, v128.load(rows + <usize>(k * width + x)));
        v128.store(out + <usize>(y * width + x), most);
        x += 15;
        continue;
      }
      let most: u8 = 0;
      for (let k = top; k <= low; k++) most = max(most, load<u8>(rows + <usize>(k * width + x)));
      store<u8>(out + <usize>(y * width + x), most);
    }
  }
}

/** Whether 16 bytes side by side are 0 in all rows from `top` to `low`. */
// @ts-ignore: decorator
@inline
function isEmpty(column: usize, width: i32, top: i32, low: i32): bool {
  let any = i32x4.splat(0);
  for (let k = top; k <= low; k++) any = v128.or(any, v128.load(column + <usize>(k * width)));
  return !v128.any_true(any);
}

/** 255 times the mean of a 0/1 mask over (2 radius + 1) x (2 radius + 1), border repeated, rounded; `rows` is scratch of the same size. */
export function feather(from: usize, width: i32, height: i32, radius: i32, rows: usize, out: usize): void {
  for (let y = 0; y < height; y++) {
    const at = <usize>(y * width);
    for (let x = 0; x < width; x++) {
      if (x >= radius && x + 16 + radius <= width) {
        let sums = v128.load(from + at + x);
        for (let k: usize = 1; k <= <usize>radius; k++) {
          sums = i8x16.add(sums, i8x16.add(v128.load(from + at + x - k), v128.load(from + at + x + k)));
        }
        v128.store(rows + at + x, sums);
        x += 15;
        continue;
      }
      let sum = 0;
      for (let k = x - radius; k <= x + radius; k++) sum += load<u8>(from + at + max(0, min(width - 1, k)));
      store<u8>(rows + at + x, <u8>sum);
    }
  }
  const area = (2 * radius + 1) * (2 * radius + 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x + 16 <= width && isEmpty(rows + x, width, max(0, y - radius), min(height - 1, y + radius))) {
        v128.store(out + <usize>(y * width + x), i32x4.splat(0));
        x += 15;
        continue;
      }
      let sum = 0;
      for (let k = y - radius; k <= y + radius; k++) sum += load<u8>(rows + <usize>(max(0, min(height - 1, k)) * width + x));
      store<u8>(out + <usize>(y * width + x), <u8>((255 * sum + (area >> 1)) / area));
    }
  }
}
