// The plain twin of kernels/propagate/visibility.ts.
import type { Picture } from '../../../media/frame.ts';

/** Belief by the motion, difference of colours and gradient a cell; see `witness`. */
export const witness = (
  toKey: Float32Array,
  fromKey: Float32Array,
  key: Picture,
  frame: Picture,
  SLOPE: number,
  SLACK: number,
): { belief: Float32Array; gap: Float32Array; edge: Float32Array } => {
  const [belief, gap, edge] = [0, 0, 0].map(() => new Float32Array(frame.width * frame.height)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
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
  return { belief, gap, edge };
};

/** Sums over 3x3 cells, edges repeated. */
const box3 = (from: Float32Array, width: number, height: number): Float32Array => {
  const row = new Float32Array(from.length);
  for (let p = 0; p < from.length; p++) {
    const x = p % width;
    row[p] = from[p - (x > 0 ? 1 : 0)]! + from[p]! + from[p + (x < width - 1 ? 1 : 0)]!;
  }
  return row.map((_, p) => row[p < width ? p : p - width]! + row[p]! + row[p < width * (height - 1) ? p + width : p]!);
};

/** What is left of belief by the colours, and the residual; see `doubt`. */
export const doubt = (
  { belief, gap, edge }: ReturnType<typeof witness>,
  { width, height }: { readonly width: number; readonly height: number },
  { noise, forgiven, range }: { readonly noise: number; readonly forgiven: number; readonly range: number },
): { belief: Float32Array; residual: Float32Array } => {
  const residual = box3(gap, width, height).map(sum => sum / 9);
  const edges = box3(edge, width, height);
  const left = belief.map((value, p) => {
    const excess = residual[p]! - noise - (forgiven * edges[p]!) / 9;
    return excess > 0 ? value * (excess >= range ? 0 : 1 - excess / range) : value;
  });
  const around = box3(left, width, height);
  return { belief: left.map((value, p) => Math.min(value, around[p]! / 9)), residual };
};
