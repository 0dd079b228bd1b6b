// Means over squares of cells, by sums that move along.

// @ts-ignore: decorator
@inline
function at(plane: usize, p: i32): f32 {
  return load<f32>(plane + (<usize>p << 2));
}

/** Means over (2 radius + 1)^2 cells, edges repeated. `rows` is a plane of scratch, `sums` a row. */
export function mean(from: usize, width: i32, height: i32, radius: i32, rows: usize, sums: usize, out: usize): void {
  const side = 2 * radius + 1;
  const area = <f32>(side * side);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let sum: f32 = 0;
    for (let k = -radius; k <= radius; k++) sum += at(from, row + min(width - 1, max(0, k)));
    for (let x = 0; x < width; x++) {
      store<f32>(rows + (<usize>(row + x) << 2), sum);
      sum += at(from, row + min(width - 1, x + radius + 1)) - at(from, row + max(0, x - radius));
    }
  }
  memory.fill(sums, 0, <usize>width << 2);
  for (let y = -2 * radius; y < height; y++) { // a row enters the sums, and one leaves them
    const enters = min(height - 1, max(0, y + radius)) * width;
    const leaves = max(0, y - radius - 1) * width;
    let x = 0;
    for (; x + 4 <= width; x += 4) {
      const n = <usize>x << 2;
      let sum = f32x4.add(v128.load(sums + n), v128.load(rows + (<usize>enters << 2) + n));
      if (y > 0) sum = f32x4.sub(sum, v128.load(rows + (<usize>leaves << 2) + n));
      v128.store(sums + n, sum);
      if (y >= 0) v128.store(out + (<usize>(y * width) << 2) + n, f32x4.div(sum, f32x4.splat(area)));
    }
    for (; x < width; x++) {
      const to = sums + (<usize>x << 2);
      let sum = load<f32>(to) + at(rows, enters + x);
      if (y > 0) sum -= at(rows, leaves + x);
      store<f32>(to, sum);
      if (y >= 0) store<f32>(out + (<usize>(y * width + x) << 2), sum / area);
    }
  }
}
