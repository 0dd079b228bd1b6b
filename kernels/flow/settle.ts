// A motion as its neighbourhood bears it out: weighted least squares between what was found, what is beside it, and rest.

import { A, B, bonds, CELL, coarser, D, gather, half, P, Q, BELOW, RIGHT, U, V } from './settle-levels';

const LEAST = 8; // cells of the coarsest level's short side at least
const ROUNDS = 2; // Gauss-Seidel, there and back

/** (M + (stiffness sum of bonds + rest) 1) u = M found + stiffness sum of bonds u(neighbour), solved for the u of one cell. */
// @ts-ignore: decorator
@inline
function relax(cell: usize, x: i32, y: i32, width: i32, height: i32, stiffness: f32, rest: f32): void {
  const row = <usize>width * CELL;
  let w: f32 = 0, u: f32 = 0, v: f32 = 0;
  if (x < width - 1) {
    const k = load<f32>(cell, RIGHT);
    w += k;
    u += k * load<f32>(cell + CELL, U);
    v += k * load<f32>(cell + CELL, V);
  }
  if (x > 0) {
    const k = load<f32>(cell - CELL, RIGHT);
    w += k;
    u += k * load<f32>(cell - CELL, U);
    v += k * load<f32>(cell - CELL, V);
  }
  if (y < height - 1) {
    const k = load<f32>(cell, BELOW);
    w += k;
    u += k * load<f32>(cell + row, U);
    v += k * load<f32>(cell + row, V);
  }
  if (y > 0) {
    const k = load<f32>(cell - row, BELOW);
    w += k;
    u += k * load<f32>(cell - row, U);
    v += k * load<f32>(cell - row, V);
  }
  const own = stiffness * w + rest;
  const a = load<f32>(cell, A) + own;
  const b = load<f32>(cell, B);
  const d = load<f32>(cell, D) + own;
  const p = load<f32>(cell, P) + stiffness * u;
  const q = load<f32>(cell, Q) + stiffness * v;
  const over: f32 = 1 / (a * d - b * b);
  store<f32>(cell, (d * p - b * q) * over, U);
  store<f32>(cell, (a * q - b * p) * over, V);
}

function solve(level: usize, width: i32, height: i32, stiffness: f32, rest: f32): void {
  for (let round = 0; round < ROUNDS; round++) {
    let cell = level;
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++, cell += CELL) relax(cell, x, y, width, height, stiffness, rest);
    for (let y = height - 1; y >= 0; y--) {
      for (let x = width - 1; x >= 0; x--) {
        cell -= CELL;
        relax(cell, x, y, width, height, stiffness, rest);
      }
    }
  }
}

/** Place of a cell between those of a level half as fine: the nearer of two has three quarters. */
// @ts-ignore: decorator
@inline
function other(x: i32, length: i32): i32 {
  return min(length - 1, max(0, (x >> 1) + ((x & 1) == 1 ? 1 : -1)));
}

// @ts-ignore: decorator
@inline
function between(level: usize, width: i32, height: i32, x: i32, y: i32, part: usize): f32 {
  const near = <usize>(x >> 1) * CELL;
  const far = <usize>other(x, width) * CELL;
  const row = level + <usize>((y >> 1) * width) * CELL;
  const next = level + <usize>(other(y, height) * width) * CELL;
  const top: f32 = 0.75 * load<f32>(row + near + part) + 0.25 * load<f32>(row + far + part);
  const low: f32 = 0.75 * load<f32>(next + near + part) + 0.25 * load<f32>(next + far + part);
  return 0.75 * top + 0.25 * low;
}

/**
 * u that minimises, over all cells, (u - f)' M (u - f) + stiffness sum of bonds |u - u(neighbour)|^2 + rest |u|^2, f the motion found and
 * M = structure / (noise + misfit^2), in 1 / cells^2: across a contour the motion found counts, along it and in plain parts what is beside
 * it, and rest where nothing is said at all. Coarse to fine on levels of 2x2, 4x4, ... cells; on the finest the level above stands for the
 * neighbours. Motions longer than `near` cells come back, and from twice `near` on they stay as found.
 * @param map f: interleaved f32 x, y in cells; becomes u
 * @param luma a byte a cell; `structure` its tensor; `misfit` what f leaves unexplained, levels, an f32 a cell
 * @param edge, tear 1 / the leap of luma, and 1 / the leap of motion squared, that halves a bond
 * @param levels scratch of 12 f32 for each cell of all levels
 */
export function settle(
  map: usize, luma: usize, structure: usize, misfit: usize, width: i32, height: i32,
  noise: f32, stiffness: f32, rest: f32, edge: f32, tear: f32, near: f32, levels: usize,
): void {
  let w = half(width);
  let h = half(height);
  let level = levels;
  let count = 1;
  gather(map, luma, structure, misfit, width, height, noise, level);
  bonds(level, w, h, edge, tear);
  for (; min(half(w), half(h)) >= LEAST; count++) {
    const next = level + <usize>(w * h) * CELL;
    coarser(level, w, h, next);
    level = next;
    w = half(w);
    h = half(h);
    bonds(level, w, h, edge, tear);
  }
  for (let p: usize = level, end = level + <usize>(w * h) * CELL; p < end; p += CELL) { // begins at rest
    store<f32>(p, 0, U);
    store<f32>(p, 0, V);
  }
  let stiff = stiffness;
  for (let n = 0; n < count; n++) stiff *= 0.25;
  solve(level, w, h, stiff, rest);
  solve(level, w, h, stiff, rest);
  for (let n = count - 1; n > 0; n--) {
    const above = level;
    const aboveWidth = w;
    const aboveHeight = h;
    w = width;
    h = height;
    level = levels;
    for (let k = 0; k < n; k++) {
      if (k > 0) level += <usize>(w * h) * CELL;
      w = half(w);
      h = half(h);
    }
    let cell = level;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++, cell += CELL) {
        store<f32>(cell, between(above, aboveWidth, aboveHeight, x, y, U), U);
        store<f32>(cell, between(above, aboveWidth, aboveHeight, x, y, V), V);
      }
    }
    stiff *= 4;
    solve(level, w, h, stiff, rest);
  }
  finest(map, structure, misfit, width, height, noise, stiffness, rest, tear, near, level, w, h);
}

/** The cells themselves: each between what was found there and what the first level says around it. */
function finest(
  map: usize, structure: usize, misfit: usize, width: i32, height: i32,
  noise: f32, stiffness: f32, rest: f32, tear: f32, near: f32, level: usize, w: i32, h: i32,
): void {
  const plane = <usize>(width * height) << 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, map += 8, structure += 4, misfit += 4) {
      const fx = load<f32>(map);
      const fy = load<f32>(map, 4);
      const stays = Mathf.sqrt(fx * fx + fy * fy) / near - 1;
      if (stays >= 1) continue;
      const u = between(level, w, h, x, y, U);
      const v = between(level, w, h, x, y, V);
      const dx = fx - u;
      const dy = fy - v;
      const bonded: f32 = 4 * stiffness / (1 + (dx * dx + dy * dy) * tear);
      const left = load<f32>(misfit);
      const weight: f32 = 1 / (noise + left * left);
      const b = weight * load<f32>(structure + plane);
      const aa = weight * load<f32>(structure);
      const dd = weight * load<f32>(structure + 2 * plane);
      const p = aa * fx + b * fy + bonded * u;
      const q = b * fx + dd * fy + bonded * v;
      const a = aa + bonded + rest;
      const d = dd + bonded + rest;
      const over: f32 = 1 / (a * d - b * b);
      const back = max<f32>(0, stays);
      const su = (d * p - b * q) * over;
      const sv = (a * q - b * p) * over;
      store<f32>(map, su + (fx - su) * back);
      store<f32>(map, sv + (fy - sv) * back, 4);
    }
  }
}
