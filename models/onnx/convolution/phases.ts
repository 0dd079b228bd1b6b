// A 3x3 convolution of a picture whose every pixel stands for two by two, on the small picture: the taps that fall on one pixel are summed,
// and each place among the two by two has a convolution of 2x2 of its own.
import type { Derivation } from '../network-graph.ts';
import { conv, gemm } from '../ops/contract.ts';
import { concat } from '../ops/shape.ts';
import type { Value } from '../value.ts';
import { both, DOUBLED } from './matrices.ts';

/** The two rows of a phase's filter that are not zero: pixels i - 1 and i, or i and i + 1. */
const PHASES = [DOUBLED[0].slice(0, 2), DOUBLED[1].slice(1)] as const;

/** Places among two by two, row by row: below, right. */
const PLACES = [0, 1, 2, 3].map(i => [(i >> 1) as 0 | 1, (i & 1) as 0 | 1] as const);

/** The filters of the four places, [out, c, 2, 2] each, from a weight [out, c, 3, 3]. */
export const phaseWeights = (out: number, channels: number): Derivation[] =>
  PLACES.map(([below, right]) => {
    const filter = both(PHASES[below], PHASES[right]); // [4 taps, 9]
    const dims = [out, channels, 2, 2];
    const compute = (weight: Value): Value => gemm(weight, weight.graph.constant(filter.flat(), 'float32', [4, 9])).reshape(...dims);
    return { how: `phase ${below} ${right}`, as: [out * channels, 9], dims, compute };
  });

/** x [n, c, h, w] with the filters of the four places and a bias [out] -> [n, out, 2h, 2w]. */
export const phases = (x: Value, filters: readonly Value[], out: number, bias: Value | undefined): Value => {
  const parts = PLACES.map(([below, right], i) => conv(x, filters[i]!, bias, { pads: [1 - below, 1 - right, below, right] }));
  const [n, height, width] = [x.size(0), x.size(2), x.size(3)];
  const cells = concat(parts, 1).reshape(n, 2, 2, out, height, width).transpose(0, 3, 4, 1, 5, 2); // [n, out, h, 2, w, 2]
  return cells.reshape(n, out, 2 * height, 2 * width);
};
