// Where standing still explains a frame as well as the motion that was found does. Plain formula: test/stages/plain/standstill.ts.
import { mean } from './mean';

// @ts-ignore: decorator
@inline
function at(plane: usize, p: i32): f32 {
  return load<f32>(plane + (<usize>p << 2));
}

// @ts-ignore: decorator
@inline
function level(plane: usize, p: i32): f32 {
  return <f32>load<u8>(plane + p);
}

/** Differences of the key to a frame, at the frame's own cells and at the ends of the motion; levels a cell. */
function differences(map: usize, key: usize, frame: usize, width: i32, height: i32, still: usize, moved: usize): void {
  const right = <f32>(width - 1);
  const bottom = <f32>(height - 1);
  const next = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const u = min<f32>(max<f32>(<f32>x + at(map, 2 * p), 0), right);
      const v = min<f32>(max<f32>(<f32>y + at(map, 2 * p + 1), 0), bottom);
      const i = min(<i32>u, max(0, width - 2));
      const j = min(<i32>v, max(0, height - 2));
      const q = j * width + i;
      const s = u - <f32>i;
      const top = level(key, q) + s * (level(key, q + next) - level(key, q));
      const low = level(key, q + below) + s * (level(key, q + below + next) - level(key, q + below));
      const here = level(frame, p);
      store<f32>(still + (<usize>p << 2), level(key, p) - here);
      store<f32>(moved + (<usize>p << 2), top + (v - <f32>j) * (low - top) - here);
    }
  }
}

/** |difference less its local mean|, averaged around a cell: what is left unexplained whatever the light does. In place. */
function misfit(plane: usize, width: i32, height: i32, radius: i32, rows: usize, sums: usize, means: usize): void {
  mean(plane, width, height, 2 * radius, rows, sums, means);
  for (let p: usize = 0, end = <usize>(width * height) << 2; p < end; p += 4) {
    store<f32>(means + p, abs<f32>(load<f32>(plane + p) - load<f32>(means + p)));
  }
  mean(means, width, height, radius, rows, sums, plane);
}

/**
 * What standing still (S) and a map from a frame to its key (M) leave unexplained, levels a cell.
 * @param map interleaved f32 x, y in cells
 * @param key, frame luma on the grid
 * @param still, moved an f32 a cell each: S and M. `rows` and `means` are scratch of the same size, `sums` an f32 a column
 */
export function misfits(
  map: usize, key: usize, frame: usize, width: i32, height: i32, radius: i32,
  still: usize, moved: usize, rows: usize, sums: usize, means: usize,
): void {
  differences(map, key, frame, width, height, still, moved);
  misfit(still, width, height, radius, rows, sums, means);
  misfit(moved, width, height, radius, rows, sums, means);
}

/** sum += weight plane, an f32 a cell each; f64. */
export function accumulate(sum: usize, plane: usize, count: i32, weight: f64): void {
  for (let end = sum + (<usize>count << 2); sum < end; sum += 4, plane += 4) {
    store<f32>(sum, <f32>(<f64>load<f32>(sum) + weight * <f64>load<f32>(plane)));
  }
}

/**
 * How far a motion is believed by its gain over standing still, 0..1: g = (S - M) / (min(M, 1) + floor), from 0 at `noise` to 1 at `clear`.
 * @param still, moved S and M, an f32 a cell each; `share` likewise
 */
export function shares(still: usize, moved: usize, count: i32, floor: f32, noise: f32, clear: f32, share: usize): void {
  for (let p = 0; p < count; p++) {
    const gain = (at(still, p) - at(moved, p)) / (min<f32>(at(moved, p), 1) + floor);
    store<f32>(share + (<usize>p << 2), min<f32>(1, max<f32>(0, (gain - noise) / (clear - noise))));
  }
}

/**
 * Of a motion stays its share, or that of its length where that is larger: from 0 at `near` to 1 at twice `near`.
 * @param map interleaved f32 x, y in cells; changed in place
 */
export function shorten(map: usize, share: usize, count: i32, near: f32): void {
  for (let p = 0; p < count; p++, map += 8) {
    const dx = load<f32>(map);
    const dy = load<f32>(map, 4);
    const stays = max<f32>(at(share, p), Mathf.sqrt(dx * dx + dy * dy) / near - 1);
    if (stays >= 1) continue;
    store<f32>(map, dx * stays);
    store<f32>(map, dy * stays, 4);
  }
}
