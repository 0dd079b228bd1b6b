// How steady a sequence is along the motion of its source: warp error, flicker, and whether key frames pop.
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { type Grid, resizeFlow } from '../../stages/flow/grid.ts';

export type Steadiness = {
  /** Mean squared difference, levels squared, of each frame from the next one seen along the motion, where both show the same. */
  readonly warpError: number;
  /** Mean |y_t - (y_t-1 + y_t+1 along the motion) / 2|, levels. */
  readonly flicker: number;
  /** Mean change between neighbours where one is a key frame, over that elsewhere: 1 where keys cannot be told from other frames. */
  readonly pop: number;
};

const STEP = 2; // pixels: every second one each way is looked at
const MARGIN = 4; // pixels of the border left out

const bilinear = ({ width, height, data }: Picture, x: number, y: number, c: number): number => {
  const u = Math.min(width - 1, Math.max(0, x));
  const v = Math.min(height - 1, Math.max(0, y));
  const i = Math.min(Math.max(0, width - 2), u | 0);
  const j = Math.min(Math.max(0, height - 2), v | 0);
  const q = 3 * (j * width + i) + c;
  const next = width > 1 ? 3 : 0;
  const below = height > 1 ? 3 * width : 0;
  const top = data[q]! + (u - i) * (data[q + next]! - data[q]!);
  const low = data[q + below]! + (u - i) * (data[q + below + next]! - data[q + below]!);
  return top + (v - j) * (low - top);
};

/** A neighbour seen from a frame: its colour at the place that a pixel has moved to; undefined where that is hidden. */
const seer = (neighbour: Picture, field: Float32Array, hidden: Uint8Array, grid: Grid) => {
  const { width, height } = neighbour;
  const flow = resizeFlow(field, grid, { width, height });
  return (x: number, y: number, c: number): number | undefined => {
    const cell = Math.floor((y * grid.height) / height) * grid.width + Math.floor((x * grid.width) / width);
    if (hidden[cell]) return undefined;
    const p = 2 * (y * width + x);
    return bilinear(neighbour, x + flow[p]!, y + flow[p + 1]!, c);
  };
};

const change = (a: Picture, b: Picture): number => {
  let sum = 0;
  for (let p = 0; p < a.data.length; p++) sum += Math.abs(a.data[p]! - b.data[p]!);
  return sum / a.data.length;
};

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** @param flows between neighbours, from the source; @param isKey by place in the sequence */
export const steadiness = (pictures: readonly Picture[], flows: readonly FlowPair[], isKey: (n: number) => boolean): Steadiness => {
  const [squares, wobbles] = [
    { sum: 0, count: 0 },
    { sum: 0, count: 0 },
  ];
  const { width, height } = pictures[0]!;
  for (const [n, flow] of flows.entries()) {
    const here = pictures[n]!;
    const next = seer(pictures[n + 1]!, flow.forward, flow.hiddenInSecond, flow);
    const past = flows[n - 1];
    const previous = past && seer(pictures[n - 1]!, past.backward, past.hiddenInFirst, past);
    for (let y = MARGIN; y < height - MARGIN; y += STEP) {
      for (let x = MARGIN; x < width - MARGIN; x += STEP) {
        for (let c = 0; c < 3; c++) {
          const later = next(x, y, c);
          if (later === undefined) break;
          const value = here.data[3 * (y * width + x) + c]!;
          squares.sum += (value - later) ** 2;
          squares.count++;
          const before = previous?.(x, y, c);
          if (before === undefined) continue;
          wobbles.sum += Math.abs(value - (later + before) / 2);
          wobbles.count++;
        }
      }
    }
  }
  const changes = flows.map((_, n) => ({ value: change(pictures[n]!, pictures[n + 1]!), seam: isKey(n) || isKey(n + 1) }));
  const of = (seam: boolean): number => mean(changes.filter(entry => entry.seam === seam).map(({ value }) => value));
  const elsewhere = of(false);
  return {
    warpError: squares.sum / Math.max(1, squares.count),
    flicker: wobbles.sum / Math.max(1, wobbles.count),
    pop: elsewhere > 0 ? of(true) / elsewhere : 1,
  };
};
