// A frame mixed with its two neighbours where they are along the motion. Twin: test/stages/plain/steady.ts, bit for bit.

const WHOLE: f64 = 256; // parts of a pixel, and of a picture's say

/** Clamped to 0..high; what is not a number becomes 0. */
// @ts-ignore: decorator
@inline
function within(place: f64, high: f64): f64 {
  return place > 0 ? min<f64>(place, high) : 0;
}

/**
 * How much of a neighbour a frame takes in at every cell: `share`, less where the neighbour's luma differs, and nothing where it is hidden.
 * @param map from the frame to the neighbour, interleaved f32 x, y in cells
 * @param hidden 1 where the neighbour does not show a cell
 * @param neighbour, frame lumas on the grid
 * @param range levels of difference from which on nothing is taken
 * @param out f32 a cell, in 256ths
 */
export function agreement(
  map: usize, hidden: usize, neighbour: usize, frame: usize, width: i32, height: i32, share: f64, range: f64, out: usize,
): void {
  const right = <f64>(width - 1);
  const bottom = <f64>(height - 1);
  const next: usize = width > 1 ? 1 : 0;
  const below: usize = height > 1 ? width : 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, map += 8, hidden++, frame++, out += 4) {
      const u = within(<f64>x + <f64>load<f32>(map), right);
      const v = within(<f64>y + <f64>load<f32>(map, 4), bottom);
      const i = u < right ? <i32>u : max(0, width - 2);
      const j = v < bottom ? <i32>v : max(0, height - 2);
      const s = u - <f64>i;
      const t = v - <f64>j;
      const at = neighbour + <usize>(j * width + i);
      const top = <f64>load<u8>(at) + s * (<f64>load<u8>(at + next) - <f64>load<u8>(at));
      const low = <f64>load<u8>(at + below) + s * (<f64>load<u8>(at + below + next) - <f64>load<u8>(at + below));
      const apart = Math.abs(top + t * (low - top) - <f64>load<u8>(frame)) / range;
      store<f32>(out, <f32>(load<u8>(hidden) || apart >= 1 ? 0 : WHOLE * share * (1 - apart * apart)));
    }
  }
}

/** Grid fields of a neighbour by `t` between two rows: x, y in pixels and the share, three f64 each and one of padding. */
// @ts-ignore: decorator
@inline
function rowOf(
  map: usize, shares: usize, cell: i32, below: i32, t: f64, sx: f64, sy: f64, count: i32, row: usize,
): void {
  let at = map + (<usize>cell << 3);
  let part = shares + (<usize>cell << 2);
  const toLow: usize = <usize>below << 3;
  const toLowShare: usize = <usize>below << 2;
  for (let n = 0; n < count; n++, at += 8, part += 4, row += 32) {
    const x0 = <f64>load<f32>(at);
    const y0 = <f64>load<f32>(at, 4);
    const share = <f64>load<f32>(part);
    store<f64>(row, sx * (x0 + t * (<f64>load<f32>(at + toLow) - x0)));
    store<f64>(row, sy * (y0 + t * (<f64>load<f32>(at + toLow, 4) - y0)), 8);
    store<f64>(row, share + t * (<f64>load<f32>(part + toLowShare) - share), 16);
  }
  v128.store(row, v128.load(row - 32));
  v128.store(row, v128.load(row - 32, 16), 16);
}

/** Three bytes and the one behind them, as i32. */
// @ts-ignore: decorator
@inline
function bytes(at: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
}

/** Two lines of bytes by `part` 256ths of the way from one to the other, 256 times as large. */
// @ts-ignore: decorator
@inline
function between(a: v128, b: v128, part: i32): v128 {
  return i32x4.add(i32x4.shl(a, 8), i32x4.mul(i32x4.sub(b, a), i32x4.splat(part)));
}

// What a neighbour says of the present pixel.
let say: i32 = 0;

/** A neighbour's colour where the motion leads from (x, y), bilinear, times its say in 256ths. */
// @ts-ignore: decorator
@inline
function tap(from: usize, width: i32, height: i32, x: i32, y: i32, row: usize, s: f64): v128 {
  const d = v128.load(row);
  say = <i32>(load<f64>(row, 16) + s * (load<f64>(row, 48) - load<f64>(row, 16)) + 0.5);
  if (say == 0) return i32x4.splat(0);
  const start = f64x2.replace_lane(f64x2.splat(<f64>x), 1, <f64>y);
  const corner = f64x2.replace_lane(f64x2.splat(<f64>(width - 1)), 1, <f64>(height - 1));
  const moved = f64x2.add(f64x2.add(start, d), f64x2.mul(f64x2.splat(s), f64x2.sub(v128.load(row, 32), d)));
  const place = v128.and(f64x2.pmin(corner, moved), f64x2.gt(moved, f64x2.splat(0)));
  const whole = i32x4.trunc_sat_f64x2_s_zero(place);
  const rest = f64x2.sub(place, f64x2.convert_low_i32x4_s(whole));
  const parts = i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.mul(rest, f64x2.splat(WHOLE)), f64x2.splat(0.5)));
  const i = i32x4.extract_lane(whole, 0);
  const j = i32x4.extract_lane(whole, 1);
  const p = i32x4.extract_lane(parts, 0);
  const q = i32x4.extract_lane(parts, 1);
  const a = from + 3 * <usize>(j * width + i);
  const b = a + (j < height - 1 ? 3 * <usize>width : 0);
  const next: usize = i < width - 1 ? 3 : 0;
  const top = between(bytes(a), bytes(a + next), p);
  const low = between(bytes(b), bytes(b + next), p);
  const sum = i32x4.add(i32x4.shl(top, 8), i32x4.mul(i32x4.sub(low, top), i32x4.splat(q)));
  return i32x4.mul(i32x4.shr_s(i32x4.add(sum, i32x4.splat(32768)), 16), i32x4.splat(say));
}

/**
 * out = (256 frame + a before + b after) / (256 + a + b), RGB; neighbours are read along their motion, bilinearly.
 * @param before, after RGB with three bytes to spare behind; a motion that is not a number reads the first row or column
 * @param mapBefore, mapAfter from the frame to the neighbour, interleaved f32 x, y in cells of a grid, read bilinearly
 * @param sharesBefore, sharesAfter a and b, f32 a cell (see `agreement`)
 * @param cells, parts the picture's lattice on the grid, as in `warpCubic`; sx, sy pixels a cell
 * @param rows scratch of 8 (gridWidth + 1) f64
 */
export function steady(
  frame: usize, before: usize, after: usize, width: i32, height: i32,
  mapBefore: usize, mapAfter: usize, sharesBefore: usize, sharesAfter: usize, gridWidth: i32, gridHeight: i32,
  cells: usize, parts: usize, sx: f64, sy: f64, rows: usize, out: usize,
): void {
  const low = gridHeight > 1 ? gridWidth : 0;
  const second = rows + (<usize>(gridWidth + 1) << 5);
  for (let y = 0; y < height; y++) {
    const cell = gridWidth * load<i32>(cells + (<usize>(width + y) << 2));
    const t = <f64>load<f32>(parts + (<usize>(width + y) << 2));
    rowOf(mapBefore, sharesBefore, cell, low, t, sx, sy, gridWidth, rows);
    rowOf(mapAfter, sharesAfter, cell, low, t, sx, sy, gridWidth, second);
    for (let x = 0; x < width; x++, frame += 3, out += 3) {
      const n = <usize>load<i32>(cells + (<usize>x << 2)) << 5;
      const s = <f64>load<f32>(parts + (<usize>x << 2));
      let sum = tap(before, width, height, x, y, rows + n, s);
      let all = 256 + say;
      sum = i32x4.add(sum, tap(after, width, height, x, y, second + n, s));
      all += say;
      sum = i32x4.add(sum, i32x4.shl(bytes(frame), 8));
      const mean = f32x4.nearest(f32x4.div(f32x4.convert_i32x4_s(sum), f32x4.splat(<f32>all)));
      const levels = i32x4.trunc_sat_f32x4_s(mean);
      const words = i16x8.narrow_i32x4_s(levels, levels);
      const rgb = i8x16.narrow_i16x8_u(words, words);
      v128.store16_lane(out, rgb, 0);
      v128.store8_lane(out, rgb, 2, 2);
    }
  }
}
