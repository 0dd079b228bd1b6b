// Products in whole numbers of 8 bits (W8A8): weights with a scale for each output, activations with a scale and a zero that are taken from
// their own smallest and largest number in every call, so that nothing has to be calibrated.
//
//   x ~ s (q - z), q in 0..255;   w_o ~ t_o p_o, p_o in -127..127;   x w_o^T + b_o ~ s t_o (q - z) p_o^T + b_o
import { type Dim, half, product } from '../dims.ts';
import type { Graph } from '../graph.ts';
import { floor } from '../ops/arithmetic.ts';
import { gather } from '../ops/contract.ts';
import { concat, expand, floatSize, range } from '../ops/shape.ts';
import type { Value } from '../value.ts';
import type { WholeNumbers } from './weights.ts';

const INT32 = 6; // TensorProto.DataType

/** x w^T + b for rows [m, c] and a weight [c, out]. */
export const quantisedProduct = (rows: Value, { numbers, scales }: WholeNumbers, bias: Value | undefined): Value => {
  const inputs = [rows, numbers, scales, undefined, bias];
  return rows.graph.node('DynamicQuantizeMatMul', inputs, {}, { dims: [rows.dim(0), numbers.dim(1)] }, 'com.microsoft');
};

/** How a 3x3 convolution moves over its pictures: by which stride, or over which size they are brought to before, by nearest pixels. */
export type Movement = { readonly stride?: 1 | 2; readonly resized?: readonly [height: Dim, width: Dim] };

/** Sides of the results. */
const sidesOf = (sides: readonly [Dim, Dim], { stride = 1, resized }: Movement): readonly [Dim, Dim] =>
  resized ?? (stride === 2 ? [half(sides[0], 'up'), half(sides[1], 'up')] : sides);

type Along = { readonly side: Dim; readonly results: Dim; readonly stride: 1 | 2; readonly resized: Dim | undefined };

/**
 * Along one side: which pixel each tap of each result falls on, [results, 3], and whether it falls on one (1 or 0). Of resized pictures
 * pixel i is floor(i old / new), which float32 divides rightly for whole numbers up to 16 million.
 */
const tapsAlong = (g: Graph, { side, results, stride, resized }: Along): { readonly pixel: Value; readonly inside: Value } => {
  const at = range(g, results)
    .mul(stride)
    .reshape(-1, 1)
    .add(g.constant([-1, 0, 1], 'float32', [1, 3]));
  const last = floatSize(g, resized ?? side).sub(1);
  const nearest = g.node('Clip', [at, g.constant(0), last], {}, at);
  const off = at.sub(nearest);
  const pixel = resized === undefined ? nearest : floor(nearest.mul(floatSize(g, side)).div(floatSize(g, resized)));
  return { pixel, inside: off.mul(off).mul(-1).add(1) };
};

/** Where the nine taps of every result lie among all pixels [n h w], or the pixel behind them: [n h' w', 9]. */
const tapPlaces = (g: Graph, [n, height, width]: readonly [Dim, Dim, Dim], how: Movement): Value =>
  g.memo(`taps of ${n}x${height}x${width}, ${how.resized?.join('x') ?? how.stride ?? 1}`, () => {
    const { stride = 1, resized = [undefined, undefined] } = how;
    const [tall, wide] = sidesOf([height, width], how);
    const rows = tapsAlong(g, { side: height, results: tall, stride, resized: resized[0] });
    const columns = tapsAlong(g, { side: width, results: wide, stride, resized: resized[1] });
    const down = (y: Value): Value => y.reshape(1, tall, 1, 3, 1);
    const across = (x: Value): Value => x.reshape(1, 1, wide, 1, 3);
    const size = floatSize(g, height).mul(floatSize(g, width));
    const picture = range(g, n).mul(size).reshape(-1, 1, 1, 1, 1);
    const place = picture.add(down(rows.pixel).mul(floatSize(g, width))).add(across(columns.pixel));
    const none = floatSize(g, n).mul(size); // exact in float32 up to 16 million pixels
    const table = place
      .sub(none)
      .mul(down(rows.inside).mul(across(columns.inside)))
      .add(none); // [n, h', w', 3, 3]
    return g.node('Cast', [table], { to: INT32 }, { dims: table.dims, dtype: 'int32' }).reshape(product([n, tall, wide]), 9);
  });

/** x [n, h, w, c] with a weight [9 c, out] and a bias [out]: a 3x3 convolution with a border of zeros, [n, h', w', out]. */
export const quantisedTaps = (x: Value, { numbers: taps, scales }: WholeNumbers, bias: Value | undefined, how: Movement): Value => {
  const g = x.graph;
  const [n, height, width, channels] = [x.dim(0), x.dim(1), x.dim(2), x.size(3)];
  const out = taps.size(1);
  const rows = x.reshape(product([n, height, width]), channels);
  const results = [{ dims: rows.dims, dtype: 'uint8' as const }, { dims: [] }, { dims: [], dtype: 'uint8' as const }];
  const [numbers, scale, zero] = g.nodes('DynamicQuantizeLinear', [rows], {}, results) as [Value, Value, Value];
  const pixels = concat([numbers, expand(zero, [1, channels])], 0, `${g.path()} pixels`); // the last one is zero
  const places = tapPlaces(g, [n, height, width], how);
  const gathered = gather(pixels, places).reshape(places.dim(0), 9 * channels);
  const inputs = [gathered, taps, scale, scales, zero, undefined, bias];
  const convolved = g.node('MatMulIntegerToFloat', inputs, {}, { dims: [places.dim(0), out] }, 'com.microsoft');
  return convolved.reshape(n, ...sidesOf([height, width], how), out);
};
