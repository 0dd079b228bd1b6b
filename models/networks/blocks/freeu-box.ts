// What FreeU's filter counts as low where the box of frequencies is larger than the smallest: two real matrices a direction.
import { boxReach } from '../../math/freeu-windows.ts';
import type { Dim } from '../../onnx/dims.ts';
import type { Graph } from '../../onnx/graph.ts';
import { cos, floor, least, most, sin } from '../../onnx/ops/arithmetic.ts';
import { floatSize, range } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';

/** Whether the box is the smallest along a side, as far as that is known when the graph is built. */
export const isSmallest = (side: Dim, cutoff: number): boolean =>
  cutoff === 0 || (typeof side === 'number' && boxReach(side, cutoff) === 1);

/**
 * The part of x [n, c, h, w] in the frequencies {-r .. r - 1} of both directions, its real part. The projection onto them is the product of
 * one matrix a direction, P(y, y') = 1/n sum_k e^(2 pi i k (y - y') / n) = A + iB, where A is symmetric and B is not (B^T = -B); the real
 * part of P_h x P_w^T is
 *   A_h x A_w + B_h x B_w.
 */
export const lowOf = (x: Value, cutoff: number): Value => {
  const [tall, wide] = [projection(x.graph, x.dim(2), cutoff), projection(x.graph, x.dim(3), cutoff)];
  return tall.even.matmul(x.matmul(wide.even)).add(tall.odd.matmul(x.matmul(wide.odd)));
};

/** A and B along a side of n samples: [n, n] each. */
const projection = (g: Graph, side: Dim, cutoff: number): { readonly even: Value; readonly odd: Value } => {
  const key = `box of ${side}, cutoff ${cutoff}`;
  const n = floatSize(g, side);
  const angles = g.memo(`angles of ${key}`, () => {
    const steps = frequencies(g, side, cutoff).reshape(-1, 1).mul(range(g, side).reshape(1, -1)); // k y [m, n], whole numbers
    const rest = steps.sub(floor(steps.div(n)).mul(n)); // k y mod n: small angles are exact
    return rest.div(n).mul(2 * Math.PI);
  });
  const c = g.memo(`cosines of ${key}`, () => cos(angles));
  const s = g.memo(`sines of ${key}`, () => sin(angles));
  const turned = (value: Value): Value => value.transpose(1, 0);
  return {
    even: g.memo(`even part of ${key}`, () => turned(c).matmul(c).add(turned(s).matmul(s)).div(n)),
    odd: g.memo(`odd part of ${key}`, () => turned(s).matmul(c).sub(turned(c).matmul(s)).div(n)),
  };
};

/** -r, .. r - 1, each once: a side of 1 has a single frequency. */
const frequencies = (g: Graph, side: Dim, cutoff: number): Value => {
  if (typeof side === 'number') {
    const reach = boxReach(side, cutoff);
    const list = Array.from({ length: Math.min(2 * reach, side) }, (_, i) => i - reach);
    return g.constant(list, 'float32', [list.length]);
  }
  return g.memo(`frequencies of box of ${side}, cutoff ${cutoff}`, () => {
    const n = floatSize(g, side);
    const reach = most(floor(floor(n.div(2)).mul(cutoff)), 1);
    const count = least(n.sub(reach.mul(2)), 0).add(reach.mul(2)); // min(2 r, n)
    const dims = [`box${cutoff}of${side}`.replace(/\W/g, '_')];
    return g.node('Range', [reach.mul(-1), count.sub(reach), g.constant(1)], {}, { dims });
  });
};
