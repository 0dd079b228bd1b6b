// The formula of kernels/propagate/standstill.ts, cell by cell.
import type { Picture } from '../../../media/frame.ts';

const bound = (n: number, last: number): number => Math.min(Math.max(n, 0), last);

/** A channel between the cells of a picture, bilinear, its border repeated. */
const between = ({ width, height, data }: Picture, x: number, y: number, c: number): number => {
  const [u, v] = [bound(x, width - 1), bound(y, height - 1)];
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const at = (a: number, b: number): number => data[3 * (Math.min(b, height - 1) * width + Math.min(a, width - 1)) + c]!;
  const row = (b: number): number => at(i, b) + (u - i) * (at(i + 1, b) - at(i, b));
  return row(j) + (v - j) * (row(j + 1) - row(j));
};

export type Standstill = { readonly radius: number; readonly same: number; readonly worse: number; readonly near: number };

export const standStill = (map: Float32Array, key: Picture, frame: Picture, { radius, same, worse, near }: Standstill): Float32Array => {
  const { width, height } = frame;
  const cells = Array.from({ length: width * height }, (_, p) => [p % width, Math.floor(p / width)] as const);
  const losses = cells.map(([x, y], p) => {
    const loss = [0, 1, 2].map(c => {
      const here = frame.data[3 * p + c]!;
      return Math.abs(key.data[3 * p + c]! - here) - Math.abs(between(key, x + map[2 * p]!, y + map[2 * p + 1]!, c) - here);
    });
    return (loss[0]! + loss[1]! + loss[2]!) / 3;
  });
  const mean = (plane: readonly number[]): number[] =>
    cells.map(([x, y]) => {
      let sum = 0;
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) sum += plane[bound(y + dy, height - 1) * width + bound(x + dx, width - 1)]!;
      }
      return sum / (2 * radius + 1) ** 2;
    });
  const share = mean(mean(losses)).map((loss, p) =>
    bound(Math.max((loss - same) / (worse - same), Math.hypot(map[2 * p]!, map[2 * p + 1]!) / near - 1), 1),
  );
  return map.map((component, n) => component * share[n >> 1]!);
};
