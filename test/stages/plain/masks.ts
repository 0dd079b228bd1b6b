// The plain twin of blurring in kernels/keyframes/masks.ts; that of growing is `maxAround`.

/** Index k of a line of n, mirrored at its ends without repeating them. */
const mirrored = (k: number, n: number): number => {
  const period = Math.max(1, 2 * (n - 1));
  const inside = ((k % period) + period) % period;
  return Math.min(inside, period - inside) % n;
};

/** Weighted means over rows, then columns, in float64, mirrored at the border. */
export const blur = (mask: Float32Array, width: number, height: number, weights: readonly number[]): Float32Array => {
  const reach = (weights.length - 1) / 2;
  const weighted = (value: (k: number) => number): number => weights.reduce((sum, weight, n) => sum + weight * value(n - reach), 0);
  const rows = Float64Array.from(mask, (_, p) => {
    const x = p % width;
    return weighted(k => mask[p - x + mirrored(x + k, width)]!);
  });
  return Float32Array.from(mask, (_, p) => {
    const [x, y] = [p % width, Math.floor(p / width)];
    return weighted(k => rows[width * mirrored(y + k, height) + x]!);
  });
};
