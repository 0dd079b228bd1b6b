// kernels/propagate/steady.ts in plain TypeScript.

import type { Lattice } from '../../../stages/propagate/grid-map.ts';
import type { Plane } from '../../../stages/vision/operators.ts';

const f32 = Math.fround;
const clamp = (v: number, high: number): number => (v > 0 ? Math.min(v, high) : 0);

export const agreement = (
  map: Float32Array,
  hidden: Uint8Array,
  neighbour: Plane,
  frame: Plane,
  share: number,
  range: number,
): Float32Array => {
  const { width, height, data } = neighbour;
  return new Float32Array(width * height).map((_, p) => {
    const [u, v] = [clamp((p % width) + map[2 * p]!, width - 1), clamp(Math.floor(p / width) + map[2 * p + 1]!, height - 1)];
    const i = u < width - 1 ? Math.floor(u) : Math.max(0, width - 2);
    const j = v < height - 1 ? Math.floor(v) : Math.max(0, height - 2);
    const at = (y: number): number => {
      const [a, b] = [data[y * width + i]!, data[y * width + Math.min(i + 1, width - 1)]!];
      return a + (u - i) * (b - a);
    };
    const [top, low] = [at(j), at(Math.min(j + 1, height - 1))];
    const apart = Math.abs(top + (v - j) * (low - top) - frame.data[p]!) / range;
    return hidden[p] || apart >= 1 ? 0 : 256 * share * (1 - apart * apart);
  });
};

/** A neighbour as the motion finds it, RGBA, and its share of cells. */
export type Neighbour = { readonly seen: Uint8Array; readonly share: Float32Array };

export const mixNeighbours = (frame: Uint8Array, neighbours: readonly Neighbour[], { grid, columns, rows }: Lattice): Uint8Array => {
  const [width, height] = [columns.cell.length, rows.cell.length];
  const down = grid.height > 1 ? grid.width : 0;
  const out = new Uint8Array(3 * width * height);
  for (let p = 0; p < width * height; p++) {
    const [x, y] = [p % width, Math.floor(p / width)];
    const cell = grid.width * rows.cell[y]! + columns.cell[x]!;
    const next = columns.cell[x]! + 1 < grid.width ? cell + 1 : cell;
    const says = neighbours.map(({ share }) => {
      const column = (n: number): number => share[n]! + rows.part[y]! * (share[n + down]! - share[n]!);
      return Math.trunc(column(cell) + columns.part[x]! * (column(next) - column(cell)) + 0.5);
    });
    for (let c = 0; c < 3; c++) {
      const sum = neighbours.reduce((all, { seen }, n) => all + says[n]! * seen[4 * p + c]!, 256 * frame[3 * p + c]!);
      const mean = f32(f32(sum) / f32(256 + says[0]! + says[1]!));
      const [floor, rest] = [Math.floor(mean), mean - Math.floor(mean)];
      out[3 * p + c] = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor; // halves to even
    }
  }
  return out;
};
