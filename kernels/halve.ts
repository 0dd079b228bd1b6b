// Pictures at half their size, as OpenCV's INTER_AREA has them. Twins: test/stages/plain/patch.ts, stages/vision/plain.ts.

/** A quarter of sums of four, rounded, of eight and more words, as bytes. */
// @ts-ignore: decorator
@inline
function quarters(low: v128, high: v128): v128 {
  const two = i16x8.splat(2);
  return i8x16.narrow_i16x8_u(i16x8.shr_u(i16x8.add(low, two), 2), i16x8.shr_u(i16x8.add(high, two), 2));
}

/** Two pixels of RGBA out of four in each of two rows. */
// @ts-ignore: decorator
@inline
function halveTwo(a: usize, b: usize, out: usize): void {
  const up = v128.load(a);
  const down = v128.load(b);
  const left = i16x8.add(i16x8.extend_low_i8x16_u(up), i16x8.extend_low_i8x16_u(down));
  const right = i16x8.add(i16x8.extend_high_i8x16_u(up), i16x8.extend_high_i8x16_u(down));
  const sums = i16x8.add(v128.shuffle<i64>(left, right, 0, 2), v128.shuffle<i64>(left, right, 1, 3));
  v128.store64_lane(out, quarters(sums, sums), 0);
}

/** Four pixels of RGB out of eight in each of two rows. */
// @ts-ignore: decorator
@inline
function halveFour(a: usize, b: usize, out: usize): void {
  const up = v128.load(a);
  const upOn = v128.load(a, 8);
  const down = v128.load(b);
  const downOn = v128.load(b, 8);
  const even = v128.shuffle<u8>(up, upOn, 0, 1, 2, 6, 7, 8, 12, 13, 14, 26, 27, 28, 0, 0, 0, 0);
  const odd = v128.shuffle<u8>(up, upOn, 3, 4, 5, 9, 10, 11, 15, 24, 25, 29, 30, 31, 0, 0, 0, 0);
  const evenBelow = v128.shuffle<u8>(down, downOn, 0, 1, 2, 6, 7, 8, 12, 13, 14, 26, 27, 28, 0, 0, 0, 0);
  const oddBelow = v128.shuffle<u8>(down, downOn, 3, 4, 5, 9, 10, 11, 15, 24, 25, 29, 30, 31, 0, 0, 0, 0);
  const low = i16x8.add(
    i16x8.add(i16x8.extend_low_i8x16_u(even), i16x8.extend_low_i8x16_u(odd)),
    i16x8.add(i16x8.extend_low_i8x16_u(evenBelow), i16x8.extend_low_i8x16_u(oddBelow)),
  );
  const high = i16x8.add(
    i16x8.add(i16x8.extend_high_i8x16_u(even), i16x8.extend_high_i8x16_u(odd)),
    i16x8.add(i16x8.extend_high_i8x16_u(evenBelow), i16x8.extend_high_i8x16_u(oddBelow)),
  );
  const bytes = quarters(low, high);
  v128.store64_lane(out, bytes, 0);
  v128.store32_lane(out, bytes, 2, 8);
}

/** A picture of `channels` bytes a pixel at half the size, rounded up; every pixel the mean of 2x2, the last row and column repeated. */
export function halve(from: usize, width: i32, height: i32, channels: i32, out: usize): void {
  const half = (width + 1) >> 1;
  for (let y = 0; y < (height + 1) >> 1; y++) {
    const a = from + <usize>(2 * y * width * channels);
    const b = 2 * y + 1 < height ? a + <usize>(width * channels) : a;
    for (let x = 0; x < half; x++) {
      const i = <usize>(2 * x * channels);
      if (channels == 4 && 2 * x + 4 <= width) {
        halveTwo(a + i, b + i, out);
        x++;
        out += 8;
        continue;
      }
      if (channels == 3 && 2 * x + 8 <= width) {
        halveFour(a + i, b + i, out);
        x += 3;
        out += 12;
        continue;
      }
      const j = 2 * x + 1 < width ? i + <usize>channels : i;
      for (let c: usize = 0; c < <usize>channels; c++, out++) {
        const sum = <i32>load<u8>(a + i + c) + <i32>load<u8>(a + j + c) + <i32>load<u8>(b + i + c) + <i32>load<u8>(b + j + c);
        store<u8>(out, (sum + 2) >> 2);
      }
    }
  }
}
