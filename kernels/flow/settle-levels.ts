// The levels that a motion settles on: what is known of it on cells of 2x2, 4x4, ... and what bonds them to each other.

export const CELL: usize = 48; // bytes of a cell of a level: twelve f32
export const A: usize = 0; // weights of the motion found: a symmetric matrix (A, B; B, D) ...
export const B: usize = 4;
export const D: usize = 8;
export const P: usize = 12; // ... and the matrix times that motion (P, Q)
export const Q: usize = 16;
export const LUMA: usize = 20;
export const X: usize = 24; // the motion found
export const Y: usize = 28;
export const RIGHT: usize = 32; // weights of the bonds to the next cell in the row, and in the column
export const BELOW: usize = 36;
export const U: usize = 40; // the motion settled
export const V: usize = 44;

// @ts-ignore: decorator
@inline
export function half(length: i32): i32 {
  return (length + 1) >> 1;
}

/** 1 / ((1 + (dI / edge)^2) (1 + |du|^2 / tear^2)): surfaces end where brightness or motion leaps. */
// @ts-ignore: decorator
@inline
function bond(from: usize, to: usize, edge: f32, tear: f32): f32 {
  const i = (load<f32>(to, LUMA) - load<f32>(from, LUMA)) * edge;
  const x = load<f32>(to, X) - load<f32>(from, X);
  const y = load<f32>(to, Y) - load<f32>(from, Y);
  return 1 / ((1 + i * i) * (1 + (x * x + y * y) * tear));
}

/** The first level, of 2x2 cells each; at odd borders the last cell counts twice. */
export function gather(
  map: usize, luma: usize, structure: usize, misfit: usize, width: i32, height: i32, noise: f32, level: usize,
): void {
  const plane = <usize>(width * height) << 2;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, level += CELL) {
      let a: f32 = 0, b: f32 = 0, d: f32 = 0, p: f32 = 0, q: f32 = 0, light: f32 = 0, u: f32 = 0, v: f32 = 0;
      for (let k = 0; k < 4; k++) {
        const at = min(height - 1, y + (k >> 1)) * width + min(width - 1, x + (k & 1));
        const tensor = structure + (<usize>at << 2);
        const left = load<f32>(misfit + (<usize>at << 2));
        const weight: f32 = 0.25 / (noise + left * left);
        const aa = weight * load<f32>(tensor);
        const bb = weight * load<f32>(tensor + plane);
        const dd = weight * load<f32>(tensor + 2 * plane);
        const mx = load<f32>(map + (<usize>at << 3));
        const my = load<f32>(map + (<usize>at << 3), 4);
        a += aa;
        b += bb;
        d += dd;
        p += aa * mx + bb * my;
        q += bb * mx + dd * my;
        light += <f32>load<u8>(luma + at);
        u += mx;
        v += my;
      }
      store<f32>(level, a, A);
      store<f32>(level, b, B);
      store<f32>(level, d, D);
      store<f32>(level, p, P);
      store<f32>(level, q, Q);
      store<f32>(level, 0.25 * light, LUMA);
      store<f32>(level, 0.25 * u, X);
      store<f32>(level, 0.25 * v, Y);
    }
  }
}

/** A level from the one below: means of 2x2. */
export function coarser(from: usize, width: i32, height: i32, to: usize): void {
  const quarter = f32x4.splat(0.25);
  for (let y = 0; y < height; y += 2) {
    const top = from + <usize>(y * width) * CELL;
    const low = from + <usize>(min(height - 1, y + 1) * width) * CELL;
    for (let x = 0; x < width; x += 2, to += CELL) {
      const left = <usize>x * CELL;
      const right = <usize>min(width - 1, x + 1) * CELL;
      for (let k: usize = 0; k < 32; k += 16) {
        const above = f32x4.add(v128.load(top + left + k), v128.load(top + right + k));
        const below = f32x4.add(v128.load(low + left + k), v128.load(low + right + k));
        v128.store(to + k, f32x4.mul(quarter, f32x4.add(above, below)));
      }
    }
  }
}

export function bonds(level: usize, width: i32, height: i32, edge: f32, tear: f32): void {
  const row = <usize>width * CELL;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, level += CELL) {
      store<f32>(level, x < width - 1 ? bond(level, level + CELL, edge, tear) : 0, RIGHT);
      store<f32>(level, y < height - 1 ? bond(level, level + row, edge, tear) : 0, BELOW);
    }
  }
}
