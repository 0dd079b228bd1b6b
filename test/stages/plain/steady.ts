// kernels/propagate/steady.ts in plain TypeScript.
import type { Plane } from '../../../stages/vision/operators.ts';
import type { Lattice } from '../../../stages/propagate/grid-map.ts';

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

/** A neighbour: its picture, RGB; the way to it and its share, of cells. */
export type Neighbour = { readonly rgb: Uint8Array; readonly map: Float32Array; readonly share: Float32Array };

export const steady = (frame: Uint8Array, neighbours: readonly Neighbour[], width: number, height: number, on: Lattice): Uint8Array => {
  const out = new Uint8Array(3 * width * height);
  const { grid, columns, rows } = on;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const [cell, t, s] = [grid.width * rows.cell[y]! + columns.cell[x]!, rows.part[y]!, columns.part[x]!];
      const field = (of: (cell: number) => number, scale: number, start = 0): number => {
        const down = grid.height > 1 ? grid.width : 0;
        const column = (n: number): number => scale * (of(n) + t * (of(n + down) - of(n)));
        const left = column(cell);
        return start + left + s * (column(columns.cell[x]! + 1 < grid.width ? cell + 1 : cell) - left);
      };
      const sum = [0, 1, 2].map(c => 256 * frame[at + c]!);
      let all = 256;
      for (const { rgb, map, share } of neighbours) {
        const say = Math.trunc(field(n => share[n]!, 1) + 0.5);
        const u = clamp(
          field(n => map[2 * n]!, columns.pixels, x),
          width - 1,
        );
        const v = clamp(
          field(n => map[2 * n + 1]!, rows.pixels, y),
          height - 1,
        );
        const [i, j] = [Math.trunc(u), Math.trunc(v)];
        const [p, q] = [Math.trunc((u - i) * 256 + 0.5), Math.trunc((v - j) * 256 + 0.5)];
        all += say;
        for (let c = 0; c < 3; c++) {
          const level = (row: number, column: number): number => rgb[3 * (Math.min(row, height - 1) * width + Math.min(column, width - 1)) + c]!;
          const line = (row: number): number => 256 * level(row, i) + p * (level(row, i + 1) - level(row, i));
          const [top, low] = [line(j), line(j + 1)];
          sum[c]! += say * ((256 * top + q * (low - top) + 32768) >> 16);
        }
      }
      for (let c = 0; c < 3; c++) {
        const mean = f32(f32(sum[c]!) / f32(all));
        const [floor, rest] = [Math.floor(mean), mean - Math.floor(mean)];
        out[at + c] = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
      }
    }
  }
  return out;
};
