// Matches from motion: by a map, and out of the frame made before. Twin: test/stages/plain/patch.ts.

/** The map at full size: where every pixel stands in the key, f32 x, y, clamped to the picture. Grid and lattice as in `warpCubic`. */
export function expand(
  width: i32, height: i32, map: usize, gridWidth: i32, gridHeight: i32, cells: usize, parts: usize, sx: f32, sy: f32, out: usize,
): void {
  const below: usize = gridHeight > 1 ? <usize>gridWidth << 3 : 0;
  const next: usize = gridWidth > 1 ? 8 : 0;
  const scale = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(sx), 1, sy), 3, sy);
  const zero = f32x4.splat(0);
  const last = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(<f32>(width - 1)), 1, <f32>(height - 1)), 3, <f32>(height - 1));
  for (let y = 0; y < height; y++) {
    const top = map + (<usize>(gridWidth * load<i32>(cells + (<usize>(width + y) << 2))) << 3);
    const t = load<f32>(parts + (<usize>(width + y) << 2));
    const part = f32x4.splat(t);
    for (let x = 0; x < width; x++, out += 8) {
      const a = top + (<usize>load<i32>(cells + (<usize>x << 2)) << 3);
      const s = load<f32>(parts + (<usize>x << 2));
      if (next && x + 2 <= width) { // two pixels: x, y, x, y
        const c = top + (<usize>load<i32>(cells + (<usize>x << 2), 4) << 3);
        const ss = f32x4.splat(s);
        const share = v128.shuffle<f32>(ss, f32x4.splat(load<f32>(parts + (<usize>x << 2), 4)), 0, 1, 4, 5);
        const upA = v128.load(a);
        const upC = v128.load(c);
        const upper = v128.shuffle<f32>(upA, upC, 0, 1, 4, 5);
        const u = f32x4.add(upper, f32x4.mul(share, f32x4.sub(v128.shuffle<f32>(upA, upC, 2, 3, 6, 7), upper)));
        const lowA = v128.load(a + below);
        const lowC = v128.load(c + below);
        const lower = v128.shuffle<f32>(lowA, lowC, 0, 1, 4, 5);
        const v = f32x4.add(lower, f32x4.mul(share, f32x4.sub(v128.shuffle<f32>(lowA, lowC, 2, 3, 6, 7), lower)));
        let at = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(<f32>x), 1, <f32>y), 3, <f32>y);
        at = f32x4.replace_lane(at, 2, <f32>(x + 1));
        const place = f32x4.add(at, f32x4.mul(scale, f32x4.add(u, f32x4.mul(part, f32x4.sub(v, u)))));
        v128.store(out, v128.and(f32x4.pmin(last, place), f32x4.gt(place, zero))); // what is not a number becomes 0
        x++;
        out += 8;
        continue;
      }
      const b = a + below;
      const ux = load<f32>(a) + s * (load<f32>(a + next) - load<f32>(a));
      const uy = load<f32>(a, 4) + s * (load<f32>(a + next, 4) - load<f32>(a, 4));
      const vx = load<f32>(b) + s * (load<f32>(b + next) - load<f32>(b));
      const vy = load<f32>(b, 4) + s * (load<f32>(b + next, 4) - load<f32>(b, 4));
      const u = <f32>x + sx * (ux + t * (vx - ux));
      const v = <f32>y + sy * (uy + t * (vy - uy));
      store<f32>(out, u > 0 ? (u < <f32>(width - 1) ? u : <f32>(width - 1)) : 0);
      store<f32>(out, v > 0 ? (v < <f32>(height - 1) ? v : <f32>(height - 1)) : 0, 4);
    }
  }
}

/** Matches at the whole pixels nearest to the places of a full-size map. */
export function seed(places: usize, count: i32, out: usize): void {
  const half = f32x4.splat(0.5);
  let p: usize = 0;
  for (; p + 4 <= <usize>count; p += 4) {
    const a = i32x4.trunc_sat_f32x4_s(f32x4.add(v128.load(places + (p << 3)), half));
    const b = i32x4.trunc_sat_f32x4_s(f32x4.add(v128.load(places + (p << 3), 16), half));
    v128.store(out + (p << 2), i16x8.narrow_i32x4_s(a, b));
  }
  for (; p < <usize>count; p++) {
    store<i16>(out + (p << 2), <i16>(load<f32>(places + (p << 3)) + 0.5));
    store<i16>(out + (p << 2), <i16>(load<f32>(places + (p << 3), 4) + 0.5), 2);
  }
}

/**
 * Takes over what was matched in the neighbouring frame: out(p) = matches(q), q the pixel nearest to where p stands there (f32 x, y);
 * where the neighbour's pixel was not active, `fallback(p)`.
 */
export function carry(there: usize, width: i32, height: i32, matches: usize, active: usize, fallback: usize, out: usize): void {
  const count = <usize>(width * height);
  for (let p: usize = 0; p < count; p++) {
    const x = <i32>(load<f32>(there + (p << 3)) + 0.5);
    const y = <i32>(load<f32>(there + (p << 3), 4) + 0.5);
    const q = <usize>(y * width + x);
    store<i32>(out + (p << 2), load<u8>(active + q) ? load<i32>(matches + (q << 2)) : load<i32>(fallback + (p << 2)));
  }
}
