// The mix of what two keys say of a frame, and the fallback. Twin: test/stages/plain/blend.ts, bit for bit: f64, rows and fallback as f32.
import { between, bytes, pair } from '../pairs';

const SIDE: usize = 17; // lattice points of the colour map an axis: stages/propagate/colour-map.ts
const STEP: f64 = 16; // levels between them
const NEGLIGIBLE: f64 = 0.004; // shares below one level of 255
const HASTE: f64 = 3; // detail changes from one key to the other over a third of what the colours take

/** Lanes 2 and 3 in the place of 0 and 1. */
// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return v128.shuffle<i32>(v, v, 2, 3, 2, 3);
}

/** A row of two grid fields, interleaved and rounded to f32: what lies by `t` between two of their rows; the last cell is repeated. */
// @ts-ignore: decorator
@inline
function rowOf(a: usize, b: usize, top: usize, low: usize, t: f64, count: i32, out: usize): void {
  for (let n = 0; n < count; n++, out += 16) {
    const at = <usize>n << 2;
    const over = v128.shuffle<f32>(v128.load32_zero(a + top + at), v128.load32_zero(b + top + at), 0, 4, 1, 1);
    const under = v128.shuffle<f32>(v128.load32_zero(a + low + at), v128.load32_zero(b + low + at), 0, 4, 1, 1);
    const mixed = between(f64x2.promote_low_f32x4(over), f64x2.promote_low_f32x4(under), f64x2.splat(t));
    v128.store(out, f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(mixed)));
  }
  v128.store(out, v128.load(out - 16));
}

// The fallback of the present call.
let table: usize = 0;
let rest: usize = 0;
let restNext: usize = 0;
let restBelow: usize = 0;

/** Two channels of the colour map around a point, trilinear, added to the colour itself; as f64, rounded to f32. */
// @ts-ignore: decorator
@inline
function mapped(point: usize, colour: v128, fr: v128, fg: v128, fb: v128): v128 {
  const along: usize = 12 * SIDE;
  const behind: usize = 12 * SIDE * SIDE;
  const near0 = between(pair(point), pair(point + 12), fr);
  const near1 = between(pair(point + along), pair(point + along + 12), fr);
  const far0 = between(pair(point + behind), pair(point + behind + 12), fr);
  const far1 = between(pair(point + behind + along), pair(point + behind + along + 12), fr);
  const near = between(near0, near1, fg);
  const far = f64x2.sub(between(far0, far1, fg), near);
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.add(f64x2.add(colour, near), f64x2.mul(fb, far))));
}

/** Two channels of the rest, bilinear, added to a colour; as f64, rounded to f32. */
// @ts-ignore: decorator
@inline
function completed(colour: v128, at: usize, s: v128, t: v128): v128 {
  const top = between(pair(at), pair(at + restNext), s);
  const low = between(pair(at + restBelow), pair(at + restBelow + restNext), s);
  const sum = f64x2.add(f64x2.add(colour, top), f64x2.mul(t, f64x2.sub(low, top)));
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(sum));
}

/**
 * The frame's RGB: shareA a + shareB b, and where the shares leave something, the fallback for what they leave.
 * @param a, b RGBA
 * @param sharesA, sharesB f32 a cell of a grid, read bilinearly
 * @param cells, parts the picture's lattice on the grid, as in `warpCubic`
 * @param row scratch of 2 gridWidth + 2 f64
 * @param fallback 0, or seven i32: the frame (RGB), a colour map (17^3 points of three f32), what the map misses (four f32 a cell of a
 *   coarser grid), that grid's width and height, and its lattice: cells, parts
 * @param side, trust 0, or f32 a pixel: whose detail is shown (0 a, 1 b), and the part of both
 */
export function blend(
  a: usize, b: usize, sharesA: usize, sharesB: usize, gridWidth: i32, gridHeight: i32, width: i32, height: i32,
  cells: usize, parts: usize, row: usize, fallback: usize, side: usize, trust: usize, out: usize,
): void {
  let frame: usize = 0;
  let coarseCells: usize = 0;
  let coarseParts: usize = 0;
  let coarseWidth = 0;
  if (fallback) {
    frame = <usize>load<u32>(fallback);
    table = <usize>load<u32>(fallback, 4);
    rest = <usize>load<u32>(fallback, 8);
    coarseWidth = load<i32>(fallback, 12);
    restNext = coarseWidth > 1 ? 16 : 0;
    restBelow = load<i32>(fallback, 16) > 1 ? <usize>coarseWidth << 4 : 0;
    coarseCells = <usize>load<u32>(fallback, 20);
    coarseParts = <usize>load<u32>(fallback, 24);
  }
  const below: usize = gridHeight > 1 ? <usize>gridWidth << 2 : 0;
  for (let y = 0; y < height; y++) {
    const top = <usize>(gridWidth * load<i32>(cells + (<usize>(width + y) << 2))) << 2;
    rowOf(sharesA, sharesB, top, top + below, <f64>load<f32>(parts + (<usize>(width + y) << 2)), gridWidth, row);
    for (let x = 0; x < width; x++, a += 4, b += 4, out += 3) {
      const here = row + (<usize>load<i32>(cells + (<usize>x << 2)) << 4);
      const shares = between(v128.load(here), v128.load(here, 16), f64x2.splat(<f64>load<f32>(parts + (<usize>x << 2))));
      const shareA = f64x2.extract_lane(shares, 0);
      const shareB = f64x2.extract_lane(shares, 1);
      const sayA = v128.shuffle<f64>(shares, shares, 0, 0);
      const sayB = v128.shuffle<f64>(shares, shares, 1, 1);
      const ofA = bytes(a);
      const ofB = bytes(b);
      let redGreen = f64x2.add(
        f64x2.mul(sayA, f64x2.convert_low_i32x4_u(ofA)),
        f64x2.mul(sayB, f64x2.convert_low_i32x4_u(ofB)),
      );
      let blue = f64x2.add(
        f64x2.mul(sayA, f64x2.convert_low_i32x4_u(upper(ofA))),
        f64x2.mul(sayB, f64x2.convert_low_i32x4_u(upper(ofB))),
      );
      const left = 1 - shareA - shareB;
      if (fallback && left > NEGLIGIBLE) {
        const at = frame + 3 * <usize>(y * width + x);
        const r = <f64>load<u8>(at) / STEP;
        const g = <f64>load<u8>(at, 1) / STEP;
        const level = <f64>load<u8>(at, 2);
        const b16 = level / STEP;
        const i = <usize>r;
        const j = <usize>g;
        const k = <usize>b16;
        const point = table + 12 * (i + SIDE * j + SIDE * SIDE * k);
        const fr = f64x2.splat(r - <f64>i);
        const fg = f64x2.splat(g - <f64>j);
        const fb = f64x2.splat(b16 - <f64>k);
        const coarse = rest + (<usize>(load<i32>(coarseCells + (<usize>(width + y) << 2)) * coarseWidth
          + load<i32>(coarseCells + (<usize>x << 2))) << 4);
        const s = f64x2.splat(<f64>load<f32>(coarseParts + (<usize>x << 2)));
        const t = f64x2.splat(<f64>load<f32>(coarseParts + (<usize>(width + y) << 2)));
        const first = f64x2.replace_lane(f64x2.splat(<f64>load<u8>(at)), 1, <f64>load<u8>(at, 1));
        const whole = f64x2.splat(left);
        redGreen = f64x2.add(redGreen, f64x2.mul(whole, completed(mapped(point, first, fr, fg, fb), coarse, s, t)));
        blue = f64x2.add(blue, f64x2.mul(whole, completed(mapped(point + 8, f64x2.splat(level), fr, fg, fb), coarse + 8, s, t)));
      }
      if (side) {
        const both = shareA + shareB;
        const late = both > 0 ? shareB / both : 0;
        const p = <usize>(y * width + x) << 2;
        store<f32>(side + p, <f32>min<f64>(1, max<f64>(0, (late - 0.5) * HASTE + 0.5)));
        store<f32>(trust + p, <f32>min<f64>(1, both));
      }
      const levels = v128.shuffle<i32>(
        i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(redGreen)), i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(blue)), 0, 1, 4, 5,
      );
      const words = i16x8.narrow_i32x4_s(levels, levels);
      const rgb = i8x16.narrow_i16x8_u(words, words);
      v128.store16_lane(out, rgb, 0);
      v128.store8_lane(out, rgb, 2, 2);
    }
  }
}
