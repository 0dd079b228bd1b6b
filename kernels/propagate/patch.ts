// Patch matching over features (features.ts): 5x5 distances and the search. Twin: test/stages/plain/patch.ts.
// A patch is addressed by its top-left pixel, which in the padded picture has the coordinates of the patch's centre in the plain one.
import { TILE, usesOfTile } from './occupancy';

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
function distance(a: usize, b: usize, stride: usize, bound: i32): i32 {
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

// What a search works on; set by `bind`, read by `search` and `prefer`. The order of calls is a contract, for each size of the pictures:
//
//   occupancy  counts how the present matches use the style; or countUses, and recountUses as matches change: the sums that are read of
//              these counts are made when they are, a tile at once
//   evaluate   measures the distances of the present matches against the present picture (`vote` changes the picture: evaluate again)
//   bind       names all of these, and the prices
//   search, prefer, any number of times: they change matches and distances together; the counts stay those of before
//
// Nothing else reads this state, and it holds until the next `bind`.
let source: usize = 0;
let target: usize = 0;
let wide: i32 = 0;
let high: i32 = 0;
let field: usize = 0;
let energy: usize = 0;
let places: usize = 0;
let usage: usize = 0;
let mask: usize = 0;
let hits: usize = 0;
let summed: usize = 0;
let strip: usize = 0;
let tilesWide: i32 = 0;
let pull: f32 = 0;
let pullY: f32 = 0;
let spread: f32 = 0;

/**
 * Says what `search` and `prefer` work on.
 * @param job twelve i32: width, height, then the places of the key's features, the frame's features, matches (i16 x, y), their distances
 *   (i32), full-size places that matches are pulled to (f32 x, y), sums from `occupancy`, the mask (one byte a pixel: 0 is left alone),
 *   and where the sums are made as they are read: the counts from `countUses`, one byte a tile of 16x16 (1 when summed; cleared here), and
 *   scratch of 24 x 16 i32; else three times 0
 * @param prices three f32: a squared pixel away from the place, horizontally and vertically, and a unit of use
 */
export function bind(job: usize, prices: usize): void {
  wide = load<i32>(job);
  high = load<i32>(job, 4);
  source = <usize>load<u32>(job, 8);
  target = <usize>load<u32>(job, 12);
  field = <usize>load<u32>(job, 16);
  energy = <usize>load<u32>(job, 20);
  places = <usize>load<u32>(job, 24);
  usage = <usize>load<u32>(job, 28);
  mask = <usize>load<u32>(job, 32);
  hits = <usize>load<u32>(job, 36);
  summed = <usize>load<u32>(job, 40);
  strip = <usize>load<u32>(job, 44);
  tilesWide = (wide + TILE - 1) / TILE;
  if (summed) memory.fill(summed, 0, <usize>(tilesWide * ((high + TILE - 1) / TILE)));
  pull = load<f32>(prices);
  pullY = load<f32>(prices, 4);
  spread = load<f32>(prices, 8);
}

/** Sums the uses of the tile of a place. */
function sumTile(x: i32, y: i32): void {
  usesOfTile(hits, wide, high, x & ~(TILE - 1), y & ~(TILE - 1), strip, usage);
}

/** What a match costs beside its distance. */
// @ts-ignore: decorator
@inline
function surcharge(p: usize, x: i32, y: i32): i32 {
  const dx = load<f32>(places + (p << 3)) - <f32>x;
  const dy = load<f32>(places + (p << 3), 4) - <f32>y;
  if (summed) {
    const tile = summed + <usize>((y / TILE) * tilesWide + x / TILE);
    if (!load<u8>(tile)) {
      sumTile(x, y);
      store<u8>(tile, 1);
    }
  }
  const used = <f32>load<i32>(usage + (<usize>(y * wide + x) << 2));
  return <i32>min<f32>(pull * dx * dx + pullY * dy * dy + spread * used, 5e8);
}

/** The hash of a pixel and a number (Murmur's finaliser): never a running state, so that order cannot matter. */
// @ts-ignore: decorator
@inline
function hash(x: i32, y: i32, number: u32): u32 {
  let h: u32 = (<u32>x * 0x9e3779b1) ^ (<u32>y * 0x85ebca77) ^ (number * 0xc2b2ae3d);
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

let best: i32 = 0;
let bestX: i32 = 0;
let bestY: i32 = 0;
let bestDistance: i32 = 0;

// @ts-ignore: decorator
@inline
function attempt(p: usize, patch: usize, stride: usize, x: i32, y: i32): void {
  if (<u32>x >= (<u32>wide) || <u32>y >= (<u32>high) || (x == bestX && y == bestY)) return;
  const extra = surcharge(p, x, y);
  if (extra >= best) return;
  const d = distance(patch, source + <usize>y * stride + (<usize>x << 4), stride, best - extra);
  if (d + extra >= best) return;
  best = d + extra;
  bestDistance = d;
  bestX = x;
  bestY = y;
}

/**
 * One scan over the active pixels: the neighbours' matches shifted, then random samples at `radius`, half of it ... 1 around the best.
 * @param backwards 0: from the top left, 1: from the bottom right
 * @param number makes the random samples of this scan
 */
export function search(backwards: i32, radius: i32, number: u32): void {
  const stride = (<usize>wide + 4) << 4;
  const step = backwards ? -1 : 1;
  for (let n = 0; n < high; n++) {
    const y = backwards ? high - 1 - n : n;
    for (let m = 0; m < wide; m++) {
      const x = backwards ? wide - 1 - m : m;
      const p = <usize>(y * wide + x);
      if (m + 8 <= wide && load<u64>(mask + (backwards ? p - 7 : p)) == 0) {
        m += 7;
        continue;
      }
      if (!load<u8>(mask + p)) continue;
      const at = field + (p << 2);
      const patch = target + <usize>y * stride + (<usize>x << 4);
      bestX = load<i16>(at);
      bestY = load<i16>(at, 2);
      bestDistance = load<i32>(energy + (p << 2));
      best = bestDistance + surcharge(p, bestX, bestY);
      if (m > 0) {
        const beside = field + (<usize>(y * wide + x - step) << 2);
        attempt(p, patch, stride, <i32>load<i16>(beside) + step, load<i16>(beside, 2));
      }
      if (n > 0) {
        const before = field + (<usize>((y - step) * wide + x) << 2);
        attempt(p, patch, stride, load<i16>(before), <i32>load<i16>(before, 2) + step);
      }
      let h = hash(x, y, number);
      for (let r = radius; r >= 1; r >>= 1) {
        const span = <u32>(2 * r + 1);
        const cx = bestX - r + <i32>(((h & 0xffff) * span) >> 16);
        const cy = bestY - r + <i32>(((h >> 16) * span) >> 16);
        attempt(p, patch, stride, cx, cy);
        h = h * 1664525 + 1013904223;
        h ^= h >> 15;
      }
      store<i16>(at, <i16>bestX);
      store<i16>(at, <i16>bestY, 2);
      store<i32>(energy + (p << 2), bestDistance);
    }
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

/** Takes other matches where they cost less than `lenience` times the present ones. */
export function prefer(other: usize, lenience: f32): void {
  const stride = (<usize>wide + 4) << 4;
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const p = <usize>(y * wide + x);
      if (x + 8 <= wide && load<u64>(mask + p) == 0) {
        x += 7;
        continue;
      }
      if (!load<u8>(mask + p)) continue;
      const at = field + (p << 2);
      bestX = load<i16>(at);
      bestY = load<i16>(at, 2);
      bestDistance = load<i32>(energy + (p << 2));
      best = <i32>min<f32>(lenience * <f32>(bestDistance + surcharge(p, bestX, bestY)), 1e9);
      attempt(p, target + <usize>y * stride + (<usize>x << 4), stride, load<i16>(other + (p << 2)), load<i16>(other + (p << 2), 2));
      store<i16>(at, <i16>bestX);
      store<i16>(at, <i16>bestY, 2);
      store<i32>(energy + (p << 2), bestDistance);
    }
  }
}
