// FreeU's filter of a skip (Si et al. 2023) as operators of a graph, exact without an FFT.
import { type Dim, product } from '../../onnx/dims.ts';
import type { Graph } from '../../onnx/graph.ts';
import { clip, cos } from '../../onnx/ops/arithmetic.ts';
import { gemm } from '../../onnx/ops/contract.ts';
import { floatSize, range } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';
import { isSmallest, lowOf } from './freeu-box.ts';

/** The factor of the frequencies outside of the box (default 1), and how much of the spectrum is in it (default 0: as little as can be). */
export type SkipFilter = { readonly high?: Value | undefined; readonly cutoff?: number | undefined };

/**
 * Scales a box of low frequencies of each channel of `skip` [n, c, h, w] by s, and what lies outside of it by `high`.
 *
 * The smallest box is {-1, 0} x {-1, 0}. Exact without an FFT: each of the at most four frequencies k is a plane wave of angle
 * theta_k(r, c) = 2 pi (k_y r / h + k_x c / w), and
 *   y = x + (s - 1) sum_k [cos(theta_k) mean(x cos(theta_k)) + sin(theta_k) mean(x sin(theta_k))].
 * The box holds -1 but not +1, and the real part is taken: hence mean, not twice the mean.
 *
 * With a cutoff the box is {-r .. r - 1} in each direction, r = max(1, floor(cutoff floor(side / 2))), and its share of x is `lowOf`:
 *   y = high x + (s - high) low(x).
 */
export const filterSkip = (skip: Value, s: Value, { high, cutoff = 0 }: SkipFilter = {}): Value => {
  const g = skip.graph;
  const [height, width] = [skip.dim(2), skip.dim(3)];
  if (Number(height) <= 2 && Number(width) <= 2) return skip.mul(s); // there are no other frequencies
  const excess = (): Value => (high ? g.memo(`${s.name} - ${high.name}`, () => s.sub(high)) : g.memo(`${s.name} - 1`, () => s.sub(1)));
  if (!isSmallest(height, cutoff) || !isSmallest(width, cutoff)) {
    return (high ? skip.mul(high) : skip).add(lowOf(skip, cutoff).mul(excess()));
  }
  const { waves, weights } = planeWaves(g, height, width);
  const rows = skip.reshape(product([skip.dim(0), skip.dim(1)]), product([height, width])); // [n c, h w]
  const shares = gemm(rows, waves).mul(weights.mul(excess())); // [n c, 7]
  return gemm(shares, waves, high ? rows.mul(high) : rows, 0).reshape(...skip.dims);
};

// The seven waves: cos and sin of theta for (k_y, k_x) = (0, 0), (1, 0), (0, 1), (1, 1); the sine of the first is zero.
// Signs of k do not matter, as cos cos + sin sin depends on differences of angles only.
const ROW_STEPS = [0, 1, 1, 0, 0, 1, 1];
const COLUMN_STEPS = [0, 0, 0, 1, 1, 1, 1];
const QUARTERS = [0, 0, 1, 0, 1, 0, 1]; // sin x = cos(x - a quarter turn)

/** `waves` [7, h w]; `weights` [7] is 1 / (h w), or 0 for a wave that a side of 1 makes equal to another. */
const planeWaves = (g: Graph, height: Dim, width: Dim): { waves: Value; weights: Value } => {
  const key = `plane waves of ${height} x ${width}`;
  const [h, w] = [floatSize(g, height), floatSize(g, width)];
  const waves = g.memo(key, () => {
    const turns = (steps: readonly number[], part: number): Value =>
      g.constant(
        steps.map(step => step * part * 2 * Math.PI),
        'float32',
        [7, 1, 1],
      );
    const rows = range(g, height).div(h).reshape(1, -1, 1).mul(turns(ROW_STEPS, 1)); // [7, h, 1]
    const columns = range(g, width).div(w).reshape(1, 1, -1).mul(turns(COLUMN_STEPS, 1)); // [7, 1, w]
    return cos(rows.add(columns).sub(turns(QUARTERS, 1 / 4))).reshape(7, product([height, width]));
  });
  const weights = g.memo(`weights of ${key}`, () => {
    const weigh = (steps: readonly number[], size: Value): Value => {
      const lone = clip(size.sub(1), 0, 1).sub(1); // -1 for a side of 1, else 0
      return lone.mul(g.constant(steps)).add(1); // [7]
    };
    return weigh(ROW_STEPS, h).mul(weigh(COLUMN_STEPS, w)).div(h.mul(w));
  });
  return { waves, weights };
};
