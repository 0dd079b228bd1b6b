// A 3x3 convolution of a picture whose every pixel stands for two by two, on the small picture: the taps that fall on one pixel are summed,
// and each place among the two by two has a convolution of 2x2 of its own.
import { conv, gemm } from '../ops/contract.ts';
import { concat } from '../ops/shape.ts';
import type { Value } from '../value.ts';
import { both, DOUBLED } from './matrices.ts';

/** The two rows of a phase's filter that are not zero: pixels i - 1 and i, or i and i + 1. */
const PHASES = [DOUBLED[0].slice(0, 2), DOUBLED[1].slice(1)] as const;

/** x [n, c, h, w] with a weight [out, c, 3, 3], its numbers as [out c, 9], and a bias [out] -> [n, out, 2h, 2w]. */
export const phases = (x: Value, weight: Value, out: number, bias: Value | undefined): Value => {
  const g = x.graph;
  const channels = x.size(1);
  const filters = PHASES.flatMap(rows => PHASES.map(columns => both(rows, columns))); // [4 taps, 9] each
  const parts = filters.map((filter, i) => {
    const [below, right] = [i >> 1, i & 1] as [0 | 1, 0 | 1];
    const summed = gemm(weight, g.constant(filter.flat(), 'float32', [4, 9])).reshape(out, channels, 2, 2);
    return conv(x, summed, bias, { pads: [1 - below, 1 - right, below, right] }); // [n, out, h, w]
  });
  const [n, height, width] = [x.size(0), x.size(2), x.size(3)];
  const cells = concat(parts, 1).reshape(n, 2, 2, out, height, width).transpose(0, 3, 4, 1, 5, 2); // [n, out, h, 2, w, 2]
  return cells.reshape(n, out, 2 * height, 2 * width);
};
