// Dense inverse search (Kroeger et al. 2016, section 2.1): every 8x8 patch of the first picture looks for its place in the second by
// inverse compositional steps, from where the coarser level or a neighbouring patch has found it.
// Patches are compared less their means, so light may change.
import { inside, MARGIN } from './pyramid';

export const PATCH: i32 = 8; // pixels each way
export const STRIDE: i32 = 4; // pixels from patch to patch
const PIXELS: f32 = 64;
const REACH: f32 = 8; // pixels that a patch may stand outside of the picture
const ENOUGH: f32 = 0.0004; // squared pixels: a step this short is the last
const DAMPING: f32 = 600; // added to the normal matrix's diagonal: flat patches stay where they started

// What `compare` found: sums over the patch of d = second - first, of d^2, and of d times the slopes.
let sum: f32 = 0;
let squares: f32 = 0;
let alongX: f32 = 0;
let alongY: f32 = 0;

// @ts-ignore: decorator
@inline
export function total(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
export function clamped(x: f32, high: f32): f32 {
  return x > -REACH ? (x < high + REACH ? x : high + REACH) : -REACH;
}

/** A row of four values between pixels: a + s (b - a). */
// @ts-ignore: decorator
@inline
export function between(row: usize, s: v128): v128 {
  const a = v128.load(row);
  return f32x4.add(a, f32x4.mul(s, f32x4.sub(v128.load(row, 4), a)));
}

/** Compares the patch whose first pixel is at `patch` with the second picture around (x, y), which lies at most REACH outside of it. */
function compare(patch: usize, dx: usize, dy: usize, second: usize, stride: usize, x: f32, y: f32): void {
  const i = Mathf.floor(x);
  const j = Mathf.floor(y);
  const s = f32x4.splat(x - i);
  const t = f32x4.splat(y - j);
  let at: usize = second + <usize>(<i32>j * <i32>stride + (<i32>i << 2));
  let left = between(at, s);
  let right = between(at + 16, s);
  let d = f32x4.splat(0);
  let dd = d;
  let ddx = d;
  let ddy = d;
  for (let row = 0; row < PATCH; row++) {
    at += stride;
    const lowLeft = between(at, s);
    const lowRight = between(at + 16, s);
    const l = f32x4.sub(f32x4.add(left, f32x4.mul(t, f32x4.sub(lowLeft, left))), v128.load(patch));
    const r = f32x4.sub(f32x4.add(right, f32x4.mul(t, f32x4.sub(lowRight, right))), v128.load(patch, 16));
    d = f32x4.add(d, f32x4.add(l, r));
    dd = f32x4.add(dd, f32x4.add(f32x4.mul(l, l), f32x4.mul(r, r)));
    ddx = f32x4.add(ddx, f32x4.add(f32x4.mul(l, v128.load(dx)), f32x4.mul(r, v128.load(dx, 16))));
    ddy = f32x4.add(ddy, f32x4.add(f32x4.mul(l, v128.load(dy)), f32x4.mul(r, v128.load(dy, 16))));
    left = lowLeft;
    right = lowRight;
    patch += stride;
    dx += stride;
    dy += stride;
  }
  sum = total(d);
  squares = total(dd);
  alongX = total(ddx);
  alongY = total(ddy);
}

/** Patches along a side of `length` pixels, at least PATCH: every STRIDE pixels, the last at the end. */
// @ts-ignore: decorator
@inline
export function patchesAlong(length: i32): i32 {
  return (length - PATCH + STRIDE - 1) / STRIDE + 1;
}

// @ts-ignore: decorator
@inline
export function patchAt(n: i32, length: i32): i32 {
  return min(n * STRIDE, length - PATCH);
}

/**
 * Moves every patch, row by row; `backwards` from the last to the first,
 * trying its neighbours to the right and below instead of left and above.
 * @param found interleaved f32 x, y a patch: where it starts, then where it stands
 * @param steps at most this many a patch
 */
export function search(
  first: usize, dx: usize, dy: usize, second: usize, width: i32, height: i32, found: usize, steps: i32, backwards: bool,
): void {
  const stride = <usize>(width + 2 * MARGIN) << 2;
  const columns = patchesAlong(width);
  const rows = patchesAlong(height);
  const right = <f32>(width - PATCH);
  const bottom = <f32>(height - PATCH);
  const picture = inside(second, width);
  const end = columns * rows;
  const step = backwards ? -1 : 1;
  for (let n = backwards ? end - 1 : 0, done = 0; done < end; done++, n += step) {
    const row = n / columns;
    const column = n - row * columns;
    const px = patchAt(column, width);
    const py = patchAt(row, height);
    const offset = inside(0, width) + <usize>py * stride + (<usize>px << 2);
    const patch = first + offset;
    const gx = dx + offset;
    const gy = dy + offset;
    const at = found + (<usize>n << 3);

    // Where to start: as found so far, or as the neighbours just done.
    let x = clamped(<f32>px + load<f32>(at), right);
    let y = clamped(<f32>py + load<f32>(at, 4), bottom);
    compare(patch, gx, gy, picture, stride, x, y);
    let cost = squares - sum * sum / PIXELS;
    let d = sum;
    let ex = alongX;
    let ey = alongY;
    for (let k = 0; k < 2; k++) {
      if (k == 0 ? (backwards ? column == columns - 1 : column == 0) : (backwards ? row == rows - 1 : row == 0)) continue;
      const neighbour = found + (<usize>(n - step * (k == 0 ? 1 : columns)) << 3);
      const u = clamped(<f32>px + load<f32>(neighbour), right);
      const v = clamped(<f32>py + load<f32>(neighbour, 4), bottom);
      if (u == x && v == y) continue;
      compare(patch, gx, gy, picture, stride, u, v);
      const other = squares - sum * sum / PIXELS;
      if (other < cost) {
        cost = other;
        x = u;
        y = v;
        d = sum;
        ex = alongX;
        ey = alongY;
      }
    }

    // The normal matrix of the slopes less their means.
    let sx = f32x4.splat(0);
    let sy = sx;
    let sxx = sx;
    let sxy = sx;
    let syy = sx;
    for (let r = 0, q: usize = 0; r < PATCH; r++, q += stride) {
      for (let half: usize = 0; half < 32; half += 16) {
        const a = v128.load(gx + q + half);
        const b = v128.load(gy + q + half);
        sx = f32x4.add(sx, a);
        sy = f32x4.add(sy, b);
        sxx = f32x4.add(sxx, f32x4.mul(a, a));
        sxy = f32x4.add(sxy, f32x4.mul(a, b));
        syy = f32x4.add(syy, f32x4.mul(b, b));
      }
    }
    const mx = total(sx) / PIXELS;
    const my = total(sy) / PIXELS;
    const hxx = total(sxx) - mx * mx * PIXELS + DAMPING;
    const hxy = total(sxy) - mx * my * PIXELS;
    const hyy = total(syy) - my * my * PIXELS + DAMPING;
    const inverse: f32 = <f32>1 / (hxx * hyy - hxy * hxy);

    let bestX = x;
    let bestY = y;
    for (let i = 0; i < steps; i++) {
      const bx = ex - mx * d;
      const by = ey - my * d;
      const ux = (hyy * bx - hxy * by) * inverse;
      const uy = (hxx * by - hxy * bx) * inverse;
      x = clamped(x - ux, right);
      y = clamped(y - uy, bottom);
      compare(patch, gx, gy, picture, stride, x, y);
      const now = squares - sum * sum / PIXELS;
      if (!(now < cost)) break;
      cost = now;
      bestX = x;
      bestY = y;
      if (ux * ux + uy * uy < ENOUGH) break;
      d = sum;
      ex = alongX;
      ey = alongY;
    }
    store<f32>(at, bestX - <f32>px);
    store<f32>(at, bestY - <f32>py, 4);
  }
}

/**
 * Where the patches of a level start: what the level above has found at the patch's middle, doubled.
 * @param flow interleaved f32 x, y a pixel of the coarser level, `width >> 1` wide; 0 where there is none: patches start in place
 */
export function start(flow: usize, width: i32, height: i32, found: usize): void {
  const columns = patchesAlong(width);
  const rows = patchesAlong(height);
  const w = width >> 1;
  const h = height >> 1;
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++, found += 8) {
      if (flow == 0) {
        store<u64>(found, 0);
        continue;
      }
      const x = min((patchAt(i, width) + PATCH / 2) >> 1, w - 1);
      const y = min((patchAt(j, height) + PATCH / 2) >> 1, h - 1);
      const at = flow + (<usize>(y * w + x) << 3);
      store<f32>(found, 2 * load<f32>(at));
      store<f32>(found, 2 * load<f32>(at, 4), 4);
    }
  }
}
