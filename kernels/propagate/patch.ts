// The search for patches (PatchMatch) over features, by distance and what a match costs beside it. Twin: test/stages/plain/patch.ts.
import { distance } from './distance';
import { TILE, usesOfTile } from './occupancy';

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
