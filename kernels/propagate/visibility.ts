// What two witnesses say of a key at every cell of a frame. Twin: test/stages/plain/visibility.ts, bit for bit: f64, kept as f32.

// @ts-ignore: decorator
@inline
function at(plane: usize, p: i32): f64 {
  return <f64>load<f32>(plane + (<usize>p << 2));
}

// @ts-ignore: decorator
@inline
function level(rgb: usize, n: i32): f64 {
  return <f64>load<u8>(rgb + n);
}

/**
 * The motion's way there and back, and the sources' colours.
 * @param toKey from the frame to the key, `fromKey` back: interleaved f32 x, y in cells
 * @param key, frame RGB on the grid
 * @param slope of the way's length, and slack in cells: what the way back may miss the start by
 * @param belief, gap, edge f32 a cell: belief by the motion, 0..1, the mean difference of colours, and the frame's mean gradient, levels
 */
export function witness(
  toKey: usize, fromKey: usize, key: usize, frame: usize, width: i32, height: i32, slope: f64, slack: f64,
  belief: usize, gap: usize, edge: usize,
): void {
  const right = <f64>(width - 1);
  const bottom = <f64>(height - 1);
  const next = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  for (let y = 0, p = 0; y < height; y++) {
    const up = y > 0 ? -3 * width : 0;
    const down = y < height - 1 ? 3 * width : 0;
    for (let x = 0; x < width; x++, p++) {
      const dx = at(toKey, 2 * p);
      const dy = at(toKey, 2 * p + 1);
      const u = <f64>x + dx;
      const v = <f64>y + dy;
      const outside = u < -0.5 || v < -0.5 || u > right + 0.5 || v > bottom + 0.5;
      const cu = min<f64>(max<f64>(u, 0), right);
      const cv = min<f64>(max<f64>(v, 0), bottom);
      const i = cu < right ? <i32>cu : max(0, width - 2);
      const j = cv < bottom ? <i32>cv : max(0, height - 2);
      const s = cu - <f64>i;
      const t = cv - <f64>j;
      const q = j * width + i;
      const w00 = (1 - s) * (1 - t);
      const w01 = s * (1 - t);
      const w10 = (1 - s) * t;
      const w11 = s * t;
      const a = 2 * q;
      const b = a + 2 * next;
      const c = a + 2 * below;
      const d = c + 2 * next;
      const bx = w00 * at(fromKey, a) + w01 * at(fromKey, b) + w10 * at(fromKey, c) + w11 * at(fromKey, d);
      const by = w00 * at(fromKey, a + 1) + w01 * at(fromKey, b + 1) + w10 * at(fromKey, c + 1) + w11 * at(fromKey, d + 1);
      const miss = Math.sqrt((dx + bx) * (dx + bx) + (dy + by) * (dy + by));
      const reach = Math.sqrt(dx * dx + dy * dy) + Math.sqrt(bx * bx + by * by);
      const excess = miss - slope * reach - slack;
      store<f32>(belief + (<usize>p << 2), <f32>(outside ? 0 : excess <= 0 ? 1 : excess >= 2 ? 0 : 1 - 0.5 * excess));
      let difference: f64 = 0;
      let gradient = 0;
      const east = x < width - 1 ? 3 : 0;
      const west = x > 0 ? -3 : 0;
      for (let m = 3 * p, n = 3 * q, end = 3 * p + 3; m < end; m++, n++) {
        const colour = w00 * level(key, n) + w01 * level(key, n + 3 * next) + w10 * level(key, n + 3 * below)
          + w11 * level(key, n + 3 * (below + next));
        difference += Math.abs(colour - level(frame, m));
        gradient += abs(<i32>load<u8>(frame + (m + east)) - <i32>load<u8>(frame + (m + west)))
          + abs(<i32>load<u8>(frame + (m + down)) - <i32>load<u8>(frame + (m + up)));
      }
      store<f32>(gap + (<usize>p << 2), <f32>(difference / 3));
      store<f32>(edge + (<usize>p << 2), <f32>(<f64>gradient / 6));
    }
  }
}

/** Two cells as f64. */
// @ts-ignore: decorator
@inline
function pair(plane: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(plane));
}

/** Sums over 3x3 cells, edges repeated: of each three in a row first, kept as f32 in `row`. */
function box3(from: usize, width: i32, height: i32, row: usize, out: usize): void {
  const line = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const start = from + <usize>y * line;
    const to = row + <usize>y * line;
    for (let x = 0; x < width; x++) {
      const here = start + (<usize>x << 2);
      if (x > 0 && x + 2 < width) {
        const sums = f64x2.add(f64x2.add(pair(here - 4), pair(here)), pair(here + 4));
        v128.store64_lane(to + (<usize>x << 2), f32x4.demote_f64x2_zero(sums), 0);
        x++;
        continue;
      }
      const left = at(start, x > 0 ? x - 1 : 0);
      store<f32>(to + (<usize>x << 2), <f32>(left + at(start, x) + at(start, x < width - 1 ? x + 1 : x)));
    }
  }
  for (let y = 0; y < height; y++) {
    const middle = row + <usize>y * line;
    const above = y > 0 ? middle - line : middle;
    const below = y < height - 1 ? middle + line : middle;
    const to = out + <usize>y * line;
    let x = 0;
    for (; x + 2 <= width; x += 2) {
      const n = <usize>x << 2;
      const sums = f64x2.add(f64x2.add(pair(above + n), pair(middle + n)), pair(below + n));
      v128.store64_lane(to + n, f32x4.demote_f64x2_zero(sums), 0);
    }
    if (x < width) store<f32>(to + (<usize>x << 2), <f32>(at(above, x) + at(middle, x) + at(below, x)));
  }
}

/**
 * Behind `witness`: belief is less where colours differ by more than noise and what a slight misalignment causes, and fades inwards.
 * @param belief in place; `gap` becomes the residual, the mean difference over 3x3 cells, levels
 * @param edge scratch behind the call, as `row` and `sums`, an f32 a cell each
 * @param noise levels that are believed, `forgiven` cells of misalignment, `range` levels above that until no belief is left
 */
export function doubt(
  belief: usize, gap: usize, edge: usize, width: i32, height: i32, noise: f64, forgiven: f64, range: f64, row: usize, sums: usize,
): void {
  const end = <usize>(width * height) << 2;
  box3(edge, width, height, row, sums);
  box3(gap, width, height, row, edge);
  for (let p: usize = 0; p < end; p += 4) {
    const residual = <f32>(<f64>load<f32>(edge + p) / 9);
    store<f32>(gap + p, residual);
    const excess = <f64>residual - noise - (forgiven * <f64>load<f32>(sums + p)) / 9;
    if (excess > 0) store<f32>(belief + p, <f32>(<f64>load<f32>(belief + p) * (excess >= range ? 0 : 1 - excess / range)));
  }
  box3(belief, width, height, row, sums);
  for (let p: usize = 0; p < end; p += 4) {
    store<f32>(belief + p, <f32>min<f64>(<f64>load<f32>(belief + p), <f64>load<f32>(sums + p) / 9));
  }
}
