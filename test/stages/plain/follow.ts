// The plain twin of kernels/flow/follow.ts.
import type { Plane } from '../../../stages/vision/operators.ts';

/** plane(p + map(p)), bilinear, border repeated. */
export const follow = ({ width, height, data }: Plane, map: Float32Array): Plane => {
  const out = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const u = Math.min(width - 1, Math.max(0, x + map[2 * p]!));
      const v = Math.min(height - 1, Math.max(0, y + map[2 * p + 1]!));
      const [i, j] = [u | 0, v | 0];
      const [s, t] = [u - i, v - j];
      const q = j * width + i;
      const next = s > 0 ? 1 : 0;
      const below = t > 0 ? width : 0;
      const top = data[q]! + s * (data[q + next]! - data[q]!);
      const low = data[q + below]! + s * (data[q + below + next]! - data[q + below]!);
      out[p] = top + t * (low - top) + 0.5;
    }
  }
  return { width, height, data: out };
};
