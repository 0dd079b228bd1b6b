// 3x3 convolutions by Winograd's minimal filtering, as ordinary operators: pictures as rows of channels, tiles gathered from them, and four
// products. The transformed weights are constants for the runtime, which computes them when it opens a session.

import { channelsLast, fromChannelsLast } from '../channels-last.ts';
import type { Graph } from '../graph.ts';
import { gather, gemm, matmul } from '../ops/contract.ts';
import { concat } from '../ops/shape.ts';
import type { Value } from '../value.ts';
import { both, DOUBLED, type Matrix, minimalFilter, type Tile, times } from './matrices.ts';

const STRIP_BYTES = 64e6; // of one strip's gathered tiles; its products and results are as large again, each
const MOST_STRIPS = 24; // a picture of 4K then needs 8 % of a map for a strip, and the graph stays small

/** Pictures, height and width. */
type Size = readonly [number, number, number];

/** Tiles of a picture: rows (bands) and columns, and how many bands are worked on at once. */
type Tiling = { readonly bands: number; readonly columns: number; readonly strip: number };

const tilingOf = ([pictures, height, width]: Size, widest: number, m: Tile, stripBytes: number): Tiling => {
  const [bands, columns] = [pictures * Math.ceil(height / m), Math.ceil(width / m)];
  const bytes = 4 * (m + 2) ** 2 * columns * widest; // of a band
  const strip = Math.max(Math.floor(stripBytes / bytes), Math.ceil(bands / MOST_STRIPS), 1);
  return { bands, columns, strip: Math.min(strip, bands) };
};

const table = (g: Graph, name: string, matrix: Matrix): Value =>
  g.memo(name, () => g.table(name, Float32Array.from(matrix.flat()), [matrix.length, matrix[0]!.length]));

/** Where each pixel of each tile of some bands lies among all pixels [n h w], or the pixel of zeros behind them: [a^2, tiles]. */
const places = (g: Graph, [n, height, width]: Size, columns: number, m: Tile, from: number, to: number): Value =>
  g.memo(`tiles ${m} of ${n}x${height}x${width}, ${from}-${to}`, () => {
    const [perPicture, side] = [Math.ceil(height / m), m + 2];
    const table = new Int32Array(side * side * (to - from) * columns);
    let at = 0;
    for (let dy = -1; dy <= m; dy++) {
      for (let dx = -1; dx <= m; dx++) {
        for (let band = from; band < to; band++) {
          const y = (band % perPicture) * m + dy;
          const row = Math.floor(band / perPicture) * height + y;
          for (let column = 0; column < columns; column++) {
            const x = column * m + dx;
            table[at++] = y < 0 || y >= height || x < 0 || x >= width ? n * height * width : row * width + x;
          }
        }
      }
    }
    return g.table(`tiles of ${m}`, table, [side * side, (to - from) * columns]);
  });

/** The weights of every position of a tile, U [a^2, out, c], or [a^2, 4 out, c] for the four places of doubled pixels. */
const transformedWeights = (g: Graph, weight: Value, [out, channels]: readonly [number, number], m: Tile, doubled: boolean): Value => {
  const { filter } = minimalFilter(m);
  const parts = doubled
    ? DOUBLED.flatMap(rows => DOUBLED.map(columns => both(times(filter, rows), times(filter, columns))))
    : [both(filter)];
  const a2 = (m + 2) ** 2;
  const matrix = Array.from({ length: a2 }, (_, position) => parts.map(part => part[position]!)).flat(); // [a^2 parts, 9]
  const product = gemm(table(g, `G${m}${doubled ? ' doubled' : ''}`, matrix), weight);
  return product.reshape(a2, parts.length * out, channels);
};

/**
 * x [n, c, h, w] with a weight [out, c, 3, 3], its numbers as [out c, 9] -> [n, out, h, w] without the bias; with `doubled`, of the
 * picture whose every pixel stands for two by two: [n, out, 2h, 2w].
 */
export const winograd = (x: Value, weight: Value, out: number, m: Tile, doubled: boolean, stripBytes = STRIP_BYTES): Value => {
  const g = x.graph;
  const [n, channels, height, width] = [x.size(0), x.size(1), x.size(2), x.size(3)];
  const size = [n, height, width] as const;
  const [a2, parts] = [(m + 2) ** 2, doubled ? 4 : 1];
  const tiling = tilingOf(size, Math.max(channels, parts * out), m, stripBytes);
  const { bands, columns, strip } = tiling;
  const { input, output } = minimalFilter(m);
  const [into, outOf] = [table(g, `B${m}`, both(input)), table(g, `A${m}`, both(output))];
  const weights = transformedWeights(g, weight, [out, channels], m, doubled);
  const zero = g.constant(Array<number>(channels).fill(0), 'float32', [1, channels]);
  const pixels = concat([channelsLast(x).reshape(n * height * width, channels), zero], 0);

  /** Bands `from` to `to`: [bands, m, columns, m, out], or [bands, m, 2, columns, m, 2, out]. */
  const convolved = (from: number, to: number): Value => {
    const tiles = (to - from) * columns;
    const gathered = gather(pixels, places(g, size, columns, m, from, to)); // [a^2, tiles, c]
    const transformed = matmul(into, gathered.reshape(a2, tiles * channels)).reshape(a2, tiles, channels);
    const products = multiply(transformed, weights); // [a^2, tiles, parts out]
    const results = matmul(outOf, products.reshape(a2, tiles * parts * out)); // [m^2, tiles parts out]
    return doubled
      ? results.reshape(m, m, to - from, columns, 2, 2, out).transpose(2, 0, 4, 3, 1, 5, 6)
      : results.reshape(m, m, to - from, columns, out).transpose(2, 0, 3, 1, 4);
  };

  const strips = Array.from({ length: Math.ceil(bands / strip) }, (_, i) => convolved(i * strip, Math.min(bands, (i + 1) * strip)));
  const scale = doubled ? 2 : 1;
  const [tall, wide] = [(scale * m * bands) / n, scale * m * columns];
  const whole = (strips.length === 1 ? strips[0]! : concat(strips, 0)).reshape(n, tall, wide, out);
  return fromChannelsLast(cropped(whole, scale * height, scale * width));
};

/** The tiles' overhang off, in one copy: [n, h, w, c]. */
const cropped = (x: Value, height: number, width: number): Value => {
  if (x.size(1) === height && x.size(2) === width) return x;
  const list = (...numbers: readonly number[]): Value => x.graph.constant(numbers, 'int64');
  return x.graph.node('Slice', [x, list(0, 0), list(height, width), list(1, 2)], {}, { dims: [x.dim(0), height, width, x.dim(3)] });
};

/** [b, t, c] times [b, out, c] transposed; onnxruntime's own operator, as transposed weights lie better for it where tiles are few. */
const multiply = (a: Value, b: Value): Value =>
  a.graph.node('FusedMatMul', [a, b], { transB: 1 }, { dims: [a.dim(0), a.dim(1), b.dim(1)] }, 'com.microsoft');
