// Means and spreads of a map that is seen some rows at a time, joined in double precision (T. Chan, G. Golub, R. LeVeque 1983, "Algorithms
// for Computing the Sample Variance", eq. 2.1).

/** Of each channel: how many numbers, their mean, and the sum of their squared distances from it. */
export type Moments = { readonly count: number; readonly mean: Float64Array; readonly squares: Float64Array };

export const noMoments = (channels: number): Moments => ({
  count: 0,
  mean: new Float64Array(channels),
  squares: new Float64Array(channels),
});

/** The moments with those of further rows of `width` pixels: mean and variance of each channel in each row, [rows, c]. */
export const withRows = (before: Moments, mean: Float32Array, variance: Float32Array, width: number): Moments => {
  const channels = before.mean.length;
  const joined = { count: before.count, mean: before.mean.slice(), squares: before.squares.slice() };
  for (let at = 0; at < mean.length; at += channels) {
    const total = joined.count + width;
    for (let c = 0; c < channels; c++) {
      const off = mean[at + c]! - joined.mean[c]!;
      joined.mean[c]! += (off * width) / total;
      joined.squares[c]! += variance[at + c]! * width + (off * off * joined.count * width) / total;
    }
    joined.count = total;
  }
  return joined;
};

/** What a group norm takes of its group, for each channel: the mean, and 1 / sqrt(variance + eps). */
export const normOf = (
  { count, mean, squares }: Moments,
  { groups, epsilon }: { readonly groups: number; readonly epsilon: number },
): { readonly mean: Float32Array; readonly rate: Float32Array } => {
  const size = mean.length / groups;
  const norm = { mean: new Float32Array(mean.length), rate: new Float32Array(mean.length) };
  for (let from = 0; from < mean.length; from += size) {
    const means = mean.subarray(from, from + size);
    const centre = means.reduce((sum, m) => sum + m, 0) / size;
    const spread = means.reduce((sum, m, i) => sum + squares[from + i]! + count * (m - centre) ** 2, 0) / (count * size);
    norm.mean.fill(centre, from, from + size);
    norm.rate.fill(1 / Math.sqrt(spread + epsilon), from, from + size);
  }
  return norm;
};
