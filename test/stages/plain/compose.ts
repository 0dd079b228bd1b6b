// The plain twin of kernels/propagate/compose.ts.

/** out(p) = step(p) + chain(p + step(p)); see `compose`. */
export const compose = (step: Float32Array, chain: Float32Array, width: number, height: number, out: Float32Array): void => {
  const right = width - 1;
  const bottom = height - 1;
  const lastColumn = Math.max(0, right - 1); // the cell that the last pixel belongs to
  const lastRow = Math.max(0, bottom - 1);
  const next = right > 0 ? 2 : 0;
  const below = bottom > 0 ? 2 * width : 0;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 2) {
      const fx = step[p]!;
      const fy = step[p + 1]!;
      let u = x + fx;
      let v = y + fy;
      u = Math.min(Math.max(u, 0), right);
      v = Math.min(Math.max(v, 0), bottom);
      const i = Math.min(u | 0, lastColumn);
      const j = Math.min(v | 0, lastRow);
      const s = u - i;
      const t = v - j;
      const q = 2 * (j * width + i);
      const r = q + below;
      const topX = chain[q]! + s * (chain[q + next]! - chain[q]!);
      const topY = chain[q + 1]! + s * (chain[q + next + 1]! - chain[q + 1]!);
      const lowX = chain[r]! + s * (chain[r + next]! - chain[r]!);
      const lowY = chain[r + 1]! + s * (chain[r + next + 1]! - chain[r + 1]!);
      out[p] = fx + topX + t * (lowX - topX);
      out[p + 1] = fy + topY + t * (lowY - topY);
    }
  }
};
