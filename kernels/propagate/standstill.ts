// Where standing still explains a frame as well as the motion that was found does. Plain formula: test/stages/plain/standstill.ts.

// @ts-ignore: decorator
@inline
function at(plane: usize, p: i32): f32 {
  return load<f32>(plane + (<usize>p << 2));
}

// @ts-ignore: decorator
@inline
function level(rgb: usize, n: i32): f32 {
  return <f32>load<u8>(rgb + n);
}

/** How much worse the key at a frame's own cells fits it than the key at the ends of the motion: mean of the channels, levels a cell. */
function loss(map: usize, key: usize, frame: usize, width: i32, height: i32, out: usize): void {
  const right = <f32>(width - 1);
  const bottom = <f32>(height - 1);
  const next = width > 1 ? 3 : 0;
  const below = height > 1 ? 3 * width : 0;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const u = min<f32>(max<f32>(<f32>x + at(map, 2 * p), 0), right);
      const v = min<f32>(max<f32>(<f32>y + at(map, 2 * p + 1), 0), bottom);
      const i = min(<i32>u, max(0, width - 2));
      const j = min(<i32>v, max(0, height - 2));
      const s = u - <f32>i;
      const t = v - <f32>j;
      let sum: f32 = 0;
      for (let m = 3 * p, n = 3 * (j * width + i), end = 3 * p + 3; m < end; m++, n++) {
        const top = level(key, n) + s * (level(key, n + next) - level(key, n));
        const low = level(key, n + below) + s * (level(key, n + below + next) - level(key, n + below));
        sum += abs<f32>(level(key, m) - level(frame, m)) - abs<f32>(top + t * (low - top) - level(frame, m));
      }
      store<f32>(out + (<usize>p << 2), sum / 3);
    }
  }
}

/** Means over (2 radius + 1)^2 cells, edges repeated. `rows` is a plane of scratch, `sums` a row. */
function mean(from: usize, width: i32, height: i32, radius: i32, rows: usize, sums: usize, out: usize): void {
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
    for (let x = 0; x < width; x++) {
      const to = sums + (<usize>x << 2);
      let sum = load<f32>(to) + at(rows, enters + x);
      if (y > 0) sum -= at(rows, leaves + x);
      store<f32>(to, sum);
      if (y >= 0) store<f32>(out + (<usize>(y * width + x) << 2), sum / area);
    }
  }
}

/**
 * Shortens a map from a frame to its key where standing still explains the frame as well. Of a motion stays the larger of two shares:
 * of its loss, from 0 at `same` to 1 at `worse` levels (a weighted mean over 4 radius + 1 cells each way), and of its length, from 0 at
 * `near` to 1 at twice `near`.
 * @param map interleaved f32 x, y in cells; changed in place
 * @param key, frame RGB on the grid
 * @param losses, rows, means scratch: an f32 a cell each; `sums` an f32 a column
 */
export function standStill(
  map: usize, key: usize, frame: usize, width: i32, height: i32, radius: i32, same: f32, worse: f32, near: f32,
  losses: usize, rows: usize, sums: usize, means: usize,
): void {
  loss(map, key, frame, width, height, losses);
  mean(losses, width, height, radius, rows, sums, means);
  mean(means, width, height, radius, rows, sums, losses);
  const count = width * height;
  for (let p = 0; p < count; p++, map += 8) {
    const dx = load<f32>(map);
    const dy = load<f32>(map, 4);
    const share = max<f32>((at(losses, p) - same) / (worse - same), Mathf.sqrt(dx * dx + dy * dy) / near - 1);
    if (share >= 1) continue;
    const left: f32 = share > 0 ? share : 0;
    store<f32>(map, dx * left);
    store<f32>(map, dy * left, 4);
  }
}
