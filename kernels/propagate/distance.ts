// Distances of 5x5 patches over features (features.ts). Twin: test/stages/plain/patch.ts.
// A patch is addressed by its top-left pixel, which in the padded picture has the coordinates of the patch's centre in the plain one.

const FAR: i32 = 0x3fffffff;

// @ts-ignore: decorator
@inline
function square(a: usize, b: usize, offset: usize): v128 {
  const d = i16x8.sub(v128.load(a + offset), v128.load(b + offset));
  return i32x4.dot_i16x8_s(d, d);
}

// @ts-ignore: decorator
@inline
function row(a: usize, b: usize): v128 {
  return i32x4.add(
    i32x4.add(i32x4.add(square(a, b, 0), square(a, b, 16)), i32x4.add(square(a, b, 32), square(a, b, 48))),
    square(a, b, 64),
  );
}

// @ts-ignore: decorator
@inline
function total(v: v128): i32 {
  const w = i32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(w, 0) + i32x4.extract_lane(w, 1);
}

/** Squared distance of two 5x5 patches; some number not below `bound` as soon as it is known to be one. */
// @ts-ignore: decorator
@inline
export function distance(a: usize, b: usize, stride: usize, bound: i32): i32 {
  let sum = i32x4.add(row(a, b), row(a + stride, b + stride));
  if (total(sum) >= bound) return FAR;
  sum = i32x4.add(sum, row(a + 2 * stride, b + 2 * stride));
  if (total(sum) >= bound) return FAR;
  return total(i32x4.add(sum, i32x4.add(row(a + 3 * stride, b + 3 * stride), row(a + 4 * stride, b + 4 * stride))));
}

/** Squared differences of five pixels under each other. */
// @ts-ignore: decorator
@inline
function column(a: usize, b: usize, stride: usize): v128 {
  let sum = square(a, b, 0);
  for (let k = 1; k < 5; k++) {
    a += stride;
    b += stride;
    sum = i32x4.add(sum, square(a, b, 0));
  }
  return sum;
}

/**
 * `column` at row y, whose first pixel of the frame is `here`, as far as possible out of what `cell` holds of it: sums, then the distance
 * between key and frame and the row that they are of. Where the row above has the same distance, one pixel comes and one goes.
 */
// @ts-ignore: decorator
@inline
function columnBy(cell: usize, here: usize, there: usize, stride: usize, y: i32): v128 {
  const apart = <i32>(there - here);
  let sum: v128;
  if (load<i32>(cell, 16) == apart && load<i32>(cell, 20) == y - 1) {
    const gone = square(here - stride, there - stride, 0);
    const come = square(here + 4 * stride, there + 4 * stride, 0);
    sum = i32x4.add(i32x4.sub(v128.load(cell), gone), come);
  } else sum = column(here, there, stride);
  v128.store(cell, sum);
  store<i32>(cell, apart, 16);
  store<i32>(cell, y, 20);
  return sum;
}

/**
 * Distances of pixels at their matches (i16 x, y interleaved). Neighbours whose matches are neighbours share four of their five columns,
 * and of each column four of its five pixels with the row above.
 * @param active one byte a pixel: 0 is left alone; without it (0) all are measured
 * @param columns scratch of width + 4 cells of 24 bytes
 */
export function evaluate(
  source: usize, target: usize, width: i32, height: i32, matches: usize, active: usize, columns: usize, out: usize,
): void {
  const stride = (<usize>width + 4) << 4;
  for (let x = 0; x < width + 4; x++) store<i32>(columns + <usize>(24 * x), -2, 20); // of no row
  for (let y = 0; y < height; y++) {
    let shared: usize = usize.MAX_VALUE; // the match of the next pixel that shares columns with this one
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let x = 0; x < width; x++, matches += 4, out += 4) {
      if (active) {
        const flags = active + <usize>(y * width + x);
        if (x + 8 <= width && load<u64>(flags) == 0) {
          shared = usize.MAX_VALUE;
          x += 7;
          matches += 28;
          out += 28;
          continue;
        }
        if (!load<u8>(flags)) {
          shared = usize.MAX_VALUE;
          continue;
        }
      }
      const there = source + <usize>load<i16>(matches, 2) * stride + (<usize>load<i16>(matches) << 4);
      const here = target + <usize>y * stride + (<usize>x << 4);
      const cell = columns + <usize>(24 * x);
      if (there != shared) {
        a = columnBy(cell, here, there, stride, y);
        b = columnBy(cell + 24, here + 16, there + 16, stride, y);
        c = columnBy(cell + 48, here + 32, there + 32, stride, y);
        d = columnBy(cell + 72, here + 48, there + 48, stride, y);
      }
      const e = columnBy(cell + 96, here + 64, there + 64, stride, y);
      store<i32>(out, total(i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), e)));
      a = b;
      b = c;
      c = d;
      d = e;
      shared = there + 16;
    }
  }
}
