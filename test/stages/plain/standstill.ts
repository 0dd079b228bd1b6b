// The formula of kernels/flow/standstill.ts, cell by cell.
import type { Plane } from '../../../stages/vision/operators.ts';

const bound = (n: number, last: number): number => Math.min(Math.max(n, 0), last);

/** A plane between its cells, bilinear, its border repeated. */
const between = ({ width, height, data }: Plane, x: number, y: number): number => {
  const [u, v] = [bound(x, width - 1), bound(y, height - 1)];
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const at = (a: number, b: number): number => data[Math.min(b, height - 1) * width + Math.min(a, width - 1)]!;
  const row = (b: number): number => at(i, b) + (u - i) * (at(i + 1, b) - at(i, b));
  return row(j) + (v - j) * (row(j + 1) - row(j));
};

export type Standstill = {
  readonly radius: number;
  readonly floor: number;
  readonly noise: number;
  readonly clear: number;
  readonly near: number;
};

export const standStill = (map: Float32Array, key: Plane, frame: Plane, rule: Standstill): Float32Array => {
  const { width, height } = frame;
  const cells = Array.from({ length: width * height }, (_, p) => [p % width, Math.floor(p / width)] as const);
  const mean = (plane: readonly number[], radius: number): number[] =>
    cells.map(([x, y]) => {
      let sum = 0;
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) sum += plane[bound(y + dy, height - 1) * width + bound(x + dx, width - 1)]!;
      }
      return sum / (2 * radius + 1) ** 2;
    });
  const misfit = (length: number): number[] => {
    const differences = cells.map(([x, y], p) => between(key, x + length * map[2 * p]!, y + length * map[2 * p + 1]!) - frame.data[p]!);
    const around = mean(differences, 2 * rule.radius);
    return mean(
      differences.map((difference, p) => Math.abs(difference - around[p]!)),
      rule.radius,
    );
  };
  const [still, moved] = [misfit(0), misfit(1)];
  const share = still.map((misfit, p) => {
    const gain = (misfit - moved[p]!) / (Math.min(moved[p]!, 1) + rule.floor);
    const length = Math.hypot(map[2 * p]!, map[2 * p + 1]!);
    return bound(Math.max((gain - rule.noise) / (rule.clear - rule.noise), length / rule.near - 1), 1);
  });
  return map.map((component, n) => component * share[n >> 1]!);
};
