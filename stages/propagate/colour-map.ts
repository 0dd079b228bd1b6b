// The style as a change of colour: what it made of each source colour in a key frame, as a small table.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { shrinkPicture } from '../vision/operators.ts';

const SIDE = 17; // lattice points an axis
const STEP = 16; // levels between them
const POINTS = SIDE ** 3;

/** Numbers of a {@link ColourMap}. */
export const COLOUR_MAP_FLOATS = 3 * POINTS;

/** Offsets (style minus source, levels) at the points of a 17x17x17 RGB lattice; three floats a point. */
export type ColourMap = Float32Array;

/** Gives points that no colour fell on the mean of their neighbours, ring by ring. */
const complete = (sums: Float32Array): ColourMap => {
  const table = new Float32Array(3 * POINTS);
  const filled = new Uint8Array(POINTS);
  let missing: number[] = [];
  for (let p = 0; p < POINTS; p++) {
    const weight = sums[4 * p + 3]!;
    if (weight < 1e-3) {
      missing.push(p);
      continue;
    }
    for (let c = 0; c < 3; c++) table[3 * p + c] = sums[4 * p + c]! / weight;
    filled[p] = 1;
  }
  while (missing.length > 0 && missing.length < POINTS) {
    const reached: number[] = [];
    const left: number[] = [];
    for (const p of missing) {
      let count = 0;
      for (let step = 1; step < POINTS; step *= SIDE) {
        const along = ((p / step) | 0) % SIDE; // r, then g, then b
        for (let side = -1; side <= 1; side += 2) {
          const q = p + side * step;
          if (along + side < 0 || along + side >= SIDE || !filled[q]) continue;
          for (let c = 0; c < 3; c++) table[3 * p + c] = table[3 * p + c]! + table[3 * q + c]!;
          count++;
        }
      }
      if (count === 0) {
        left.push(p);
        continue;
      }
      for (let c = 0; c < 3; c++) table[3 * p + c] = table[3 * p + c]! / count;
      reached.push(p);
    }
    for (const p of reached) filled[p] = 1;
    missing = left;
  }
  return table;
};

/** Learns the map from a key frame's source and its stylised picture, of one size (both may be shrunk). */
export const learnColours = (source: Picture, style: Picture): ColourMap => {
  const sums = new Float32Array(4 * POINTS);
  const [from, to] = [source.data, style.data];
  for (let at = 0; at < from.length; at += 3) {
    const [r, g, b] = [from[at]! / STEP, from[at + 1]! / STEP, from[at + 2]! / STEP];
    const [i, j, k] = [r | 0, g | 0, b | 0];
    const [fr, fg, fb] = [r - i, g - j, b - k];
    const [dr, dg, db] = [to[at]! - from[at]!, to[at + 1]! - from[at + 1]!, to[at + 2]! - from[at + 2]!];
    for (let n = 0; n < 8; n++) {
      const w = (n & 1 ? fr : 1 - fr) * (n & 2 ? fg : 1 - fg) * (n & 4 ? fb : 1 - fb);
      if (w === 0) continue;
      const p = 4 * (i + (n & 1) + SIDE * (j + ((n >> 1) & 1)) + SIDE * SIDE * (k + (n >> 2)));
      sums[p]! += w * dr;
      sums[p + 1]! += w * dg;
      sums[p + 2]! += w * db;
      sums[p + 3]! += w;
    }
  }
  return complete(sums);
};

/** The source colour at `data[at ..]` plus its offset, trilinear, into `out[0 .. 2]`; not clamped. */
export const mapColour = (map: ColourMap, data: Uint8Array, at: number, out: Float32Array): void => {
  const r = data[at]! / STEP;
  const g = data[at + 1]! / STEP;
  const b = data[at + 2]! / STEP;
  const i = r | 0;
  const j = g | 0;
  const k = b | 0;
  const base = 3 * (i + SIDE * j + SIDE * SIDE * k);
  const fr = r - i;
  const fg = g - j;
  const fb = b - k;
  for (let c = 0; c < 3; c++) {
    const p = base + c;
    const near0 = map[p]! + fr * (map[p + 3]! - map[p]!);
    const near1 = map[p + 3 * SIDE]! + fr * (map[p + 3 * SIDE + 3]! - map[p + 3 * SIDE]!);
    const q = p + 3 * SIDE * SIDE;
    const far0 = map[q]! + fr * (map[q + 3]! - map[q]!);
    const far1 = map[q + 3 * SIDE]! + fr * (map[q + 3 * SIDE + 3]! - map[q + 3 * SIDE]!);
    const near = near0 + fg * (near1 - near0);
    out[c] = data[at + c]! + near + fb * (far0 + fg * (far1 - far0) - near);
  }
};

/** Between two maps: (1 - t) a + t b. */
export const mixColours = (a: ColourMap, b: ColourMap, t: number): ColourMap => a.map((offset, p) => offset + t * (b[p]! - offset));

/** What the style does to colours, learned on a grid from both keys, by nearness to the last. */
export const colourChange = (
  first: Picture,
  firstSource: Picture,
  last: Picture | undefined,
  lastSource: Picture,
  { width, height }: Grid,
): ((nearness: number) => ColourMap) => {
  const shrunk = (picture: Picture): Picture => shrinkPicture(picture, width, height);
  const learn = (style: Picture, source: Picture): ColourMap => learnColours(shrunk(source), shrunk(style));
  const early = learn(first, firstSource);
  if (!last) return () => early;
  const late = learn(last, lastSource);
  return nearness => mixColours(early, late, nearness);
};
