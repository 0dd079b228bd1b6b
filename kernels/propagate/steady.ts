// A frame mixed with its two neighbours where they are along the motion. Twin: test/stages/plain/steady.ts, bit for bit.
import { bytes } from '../pairs';

const WHOLE: f64 = 256; // parts of a picture's say

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
  const below: usize = height > 1 ? <usize>width : 0;
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

/** A row of two grid fields by `t` between two of their rows, interleaved, f64; the last cell is repeated. */
// @ts-ignore: decorator
@inline
function rowOf(a: usize, b: usize, below: usize, t: f64, count: i32, row: usize): void {
  for (let n = 0; n < count; n++, a += 4, b += 4, row += 16) {
    const overA = <f64>load<f32>(a);
    const overB = <f64>load<f32>(b);
    store<f64>(row, overA + t * (<f64>load<f32>(a + below) - overA));
    store<f64>(row, overB + t * (<f64>load<f32>(b + below) - overB), 8);
  }
  v128.store(row, v128.load(row - 16));
}

/**
 * out = (256 frame + a before + b after) / (256 + a + b), RGB; a and b are whole.
 * @param frame RGB with a byte to spare behind
 * @param before, after the neighbours as the frame's motion finds them, RGBA
 * @param sharesBefore, sharesAfter a and b, f32 a cell of a grid, read bilinearly (see `agreement`)
 * @param cells, parts the picture's lattice on the grid, as in `warpCubic`
 * @param row scratch of 2 gridWidth + 2 f64
 */
export function mixNeighbours(
  frame: usize, before: usize, after: usize, width: i32, height: i32,
  sharesBefore: usize, sharesAfter: usize, gridWidth: i32, gridHeight: i32, cells: usize, parts: usize, row: usize, out: usize,
): void {
  const below: usize = gridHeight > 1 ? <usize>gridWidth << 2 : 0;
  for (let y = 0; y < height; y++) {
    const top = <usize>(gridWidth * load<i32>(cells + (<usize>(width + y) << 2))) << 2;
    rowOf(sharesBefore + top, sharesAfter + top, below, <f64>load<f32>(parts + (<usize>(width + y) << 2)), gridWidth, row);
    for (let x = 0; x < width; x++, frame += 3, before += 4, after += 4, out += 3) {
      const here = row + (<usize>load<i32>(cells + (<usize>x << 2)) << 4);
      const near = v128.load(here);
      const apart = f64x2.mul(f64x2.splat(<f64>load<f32>(parts + (<usize>x << 2))), f64x2.sub(v128.load(here, 16), near));
      const says = i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.add(near, apart), f64x2.splat(0.5)));
      const a = i32x4.extract_lane(says, 0);
      const b = i32x4.extract_lane(says, 1);
      const all: i32 = 256 + a + b;
      const neighbours = i32x4.add(i32x4.mul(bytes(before), i32x4.splat(a)), i32x4.mul(bytes(after), i32x4.splat(b)));
      const sum = f32x4.convert_i32x4_s(i32x4.add(i32x4.shl(bytes(frame), 8), neighbours));
      const levels = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(sum, f32x4.splat(<f32>all))));
      const words = i16x8.narrow_i32x4_s(levels, levels);
      const rgb = i8x16.narrow_i16x8_u(words, words);
      v128.store16_lane(out, rgb, 0);
      v128.store8_lane(out, rgb, 2, 2);
    }
  }
}
