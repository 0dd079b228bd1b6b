// Where a warped key frame can be believed, from two independent witnesses: the motion's way back, and the source's own colours.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';

const SLACK = 1; // cells that the way there and back may miss the start by
const SLOPE = 0.03; // of the way's length, on top
const FORGIVEN = 0.8; // cells of misalignment that a colour difference may come from
const NOISE = 7; // levels of colour difference that are believed without question
const DOUBT = 20; // levels above that: no belief left

/** Sums over 3x3 cells, edges repeated. */
const box3 = (from: Float32Array, width: number, height: number, row: Float32Array, out: Float32Array): void => {
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) {
      row[at + x] = from[at + (x > 0 ? x - 1 : 0)]! + from[at + x]! + from[at + (x < width - 1 ? x + 1 : x)]!;
    }
  }
  for (let y = 0; y < height; y++) {
    const [above, at, below] = [(y > 0 ? y - 1 : 0) * width, y * width, (y < height - 1 ? y + 1 : y) * width];
    for (let x = 0; x < width; x++) out[at + x] = row[above + x]! + row[at + x]! + row[below + x]!;
  }
};

/** Scratch planes of one grid, so that nothing is allocated for each frame. */
export type VisibilityScratch = { readonly gap: Float32Array; readonly edge: Float32Array; readonly row: Float32Array };

export const visibilityScratch = ({ width, height }: Grid): VisibilityScratch => ({
  gap: new Float32Array(width * height),
  edge: new Float32Array(width * height),
  row: new Float32Array(width * height),
});

/**
 * Belief in the key at every cell of a frame, 0..1, and the colour residual in levels.
 * `toKey` leads from the frame to the key and `fromKey` back (interleaved, cells); `key` and `frame` are the sources on the grid.
 * A colour difference counts as far as it exceeds what 0.8 cells of misalignment would cause at the frame's own gradients.
 */
export const visibility = (
  toKey: Float32Array,
  fromKey: Float32Array,
  key: Picture,
  frame: Picture,
  { gap, edge, row }: VisibilityScratch,
  belief: Float32Array,
  residual: Float32Array,
): void => {
  const { width, height } = frame;
  const [right, bottom] = [width - 1, height - 1];
  const k = key.data;
  const f = frame.data;
  for (let y = 0, p = 0; y < height; y++) {
    const up = y > 0 ? -3 * width : 0;
    const down = y < bottom ? 3 * width : 0;
    for (let x = 0; x < width; x++, p++) {
      const dx = toKey[2 * p]!;
      const dy = toKey[2 * p + 1]!;
      const u = x + dx;
      const v = y + dy;
      const outside = u < -0.5 || v < -0.5 || u > right + 0.5 || v > bottom + 0.5;
      const cu = Math.min(Math.max(u, 0), right);
      const cv = Math.min(Math.max(v, 0), bottom);
      const i = cu < right ? cu | 0 : Math.max(0, right - 1);
      const j = cv < bottom ? cv | 0 : Math.max(0, bottom - 1);
      const s = cu - i;
      const t = cv - j;
      const q = j * width + i;
      const next = right > 0 ? 1 : 0;
      const below = bottom > 0 ? width : 0;
      const w00 = (1 - s) * (1 - t);
      const w01 = s * (1 - t);
      const w10 = (1 - s) * t;
      const w11 = s * t;
      const a = 2 * q;
      const b = a + 2 * next;
      const c = a + 2 * below;
      const d = c + 2 * next;
      const bx = w00 * fromKey[a]! + w01 * fromKey[b]! + w10 * fromKey[c]! + w11 * fromKey[d]!;
      const by = w00 * fromKey[a + 1]! + w01 * fromKey[b + 1]! + w10 * fromKey[c + 1]! + w11 * fromKey[d + 1]!;
      const miss = Math.sqrt((dx + bx) * (dx + bx) + (dy + by) * (dy + by));
      const reach = Math.sqrt(dx * dx + dy * dy) + Math.sqrt(bx * bx + by * by);
      const excess = miss - SLOPE * reach - SLACK;
      belief[p] = outside ? 0 : excess <= 0 ? 1 : excess >= 2 ? 0 : 1 - 0.5 * excess;
      let difference = 0;
      let gradient = 0;
      const east = x < right ? 3 : 0;
      const west = x > 0 ? -3 : 0;
      for (let at = 3 * p, n = 3 * q; at < 3 * p + 3; at++, n++) {
        const colour = w00 * k[n]! + w01 * k[n + 3 * next]! + w10 * k[n + 3 * below]! + w11 * k[n + 3 * (below + next)]!;
        difference += Math.abs(colour - f[at]!);
        gradient += Math.abs(f[at + east]! - f[at + west]!) + Math.abs(f[at + down]! - f[at + up]!);
      }
      gap[p] = difference / 3;
      edge[p] = gradient / 6; // levels a cell
    }
  }
  box3(gap, width, height, row, residual);
  box3(edge, width, height, row, gap);
  for (let p = 0; p < belief.length; p++) {
    residual[p] = residual[p]! / 9;
    const excess = residual[p]! - NOISE - (FORGIVEN * gap[p]!) / 9;
    if (excess > 0) belief[p] = belief[p]! * (excess >= DOUBT ? 0 : 1 - excess / DOUBT);
  }
  box3(belief, width, height, row, gap);
  for (let p = 0; p < belief.length; p++) belief[p] = Math.min(belief[p]!, gap[p]! / 9); // feathered inwards
};
