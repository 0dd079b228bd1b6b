// 3x3 convolutions by Winograd's minimal filtering, as ordinary operators: pictures as rows of channels, tiles gathered from them, and four
// products. The transformed weights follow from the checkpoint's alone, and are computed once.
import { rowsOf } from '../by-rows.ts';
import { channelsLast, fromChannelsLast } from '../channels-last.ts';
import type { Graph } from '../graph.ts';
import type { Derivation } from '../network-graph.ts';
import { gather, gemm, matmul } from '../ops/contract.ts';
import { concat } from '../ops/shape.ts';
import type { Value } from '../value.ts';
import { both, DOUBLED, type Matrix, minimalFilter, type Tile, times } from './matrices.ts';

const MOST_STRIPS = 24; // a picture of 4K then needs 8 % of a map for a strip, and the graph stays small

/** Pictures, height and width. */
type Size = readonly [number, number, number];

/** Tiles of a picture: rows (bands) and columns, and how many bands are worked on at once. */
type Tiling = { readonly bands: number; readonly columns: number; readonly strip: number };

/** A strip's products and results are as large as its gathered tiles, each. */
const tilingOf = ([pictures, height, width]: Size, widest: number, m: Tile, stripBytes: number): Tiling => {
  const [bands, columns] = [pictures * Math.ceil(height / m), Math.ceil(width / m)];
  const bytes = 4 * (m + 2) ** 2 * columns * widest; // of a band
  const strip = Math.max(Math.floor(stripBytes / bytes), Math.ceil(bands / MOST_STRIPS), 1);
  return { bands, columns, strip: Math.min(strip, bands) };
};

const table = (g: Graph, name: string, matrix: Matrix): Value =>
  g.memo(name, () => g.table(name, Float32Array.from(matrix.flat()), [matrix.length, matrix[0]!.length]));

/** A row of tiles: the first of its rows among all rows [n h], and which rows around it are of its picture. */
type Band = { readonly row: number; readonly above: boolean; readonly below: number };

const bandOf = ([, height]: Size, m: Tile, band: number): Band => {
  const perPicture = Math.ceil(height / m);
  const y = (band % perPicture) * m;
  return { row: Math.floor(band / perPicture) * height + y, above: y > 0, below: Math.min(m + 1, height - y) };
};

/** Where each pixel of each tile of some bands lies among `rows` rows of pixels, or the pixel of zeros behind them: [a^2, tiles]. */
const places = (g: Graph, bands: readonly Band[], rows: number, width: number, m: Tile): Value =>
  g.memo(`tiles ${m} of ${JSON.stringify([bands.map(({ row, above, below }) => [row, above, below]), rows, width])}`, () => {
    const [side, columns] = [m + 2, Math.ceil(width / m)];
    const table = new Int32Array(side * side * bands.length * columns);
    let at = 0;
    for (let dy = -1; dy <= m; dy++) {
      for (let dx = -1; dx <= m; dx++) {
        for (const { row, above, below } of bands) {
          const inside = dy < 0 ? above : dy < below;
          for (let column = 0; column < columns; column++) {
            const x = column * m + dx;
            table[at++] = inside && x >= 0 && x < width ? (row + dy) * width + x : rows * width;
          }
        }
      }
    }
    return g.table(`tiles of ${m}`, table, [side * side, bands.length * columns]);
  });

/** The weights of every position of a tile, U [a^2, out, c], or [a^2, 4 out, c] for the four places of doubled pixels. */
export const winogradWeights = (m: Tile, doubled: boolean, out: number, channels: number): Derivation => {
  const { filter } = minimalFilter(m);
  const parts = doubled
    ? DOUBLED.flatMap(rows => DOUBLED.map(columns => both(times(filter, rows), times(filter, columns))))
    : [both(filter)];
  const a2 = (m + 2) ** 2;
  const matrix = Array.from({ length: a2 }, (_, position) => parts.map(part => part[position]!)).flat(); // [a^2 parts, 9]
  const dims = [a2, parts.length * out, channels];
  return {
    how: `winograd ${m}${doubled ? ' doubled' : ''}`,
    as: [out * channels, 9],
    dims,
    compute: weight => gemm(table(weight.graph, `G${m}${doubled ? ' doubled' : ''}`, matrix), weight).reshape(...dims),
  };
};

/**
 * x [n, c, h, w] with a weight [out, c, 3, 3] as `winogradWeights` makes it -> [n, out, h, w] without the bias; with `doubled`, of the
 * picture whose every pixel stands for two by two: [n, out, 2h, 2w].
 */
export const winograd = (x: Value, weights: Value, out: number, m: Tile, doubled: boolean): Value => {
  const g = x.graph;
  const [n, channels, height, width] = [x.size(0), x.size(1), x.size(2), x.size(3)];
  const size = [n, height, width] as const;
  const [a2, parts] = [(m + 2) ** 2, doubled ? 4 : 1];
  const tiling = tilingOf(size, Math.max(channels, parts * out), m, g.stripBytes);
  const { bands, columns, strip } = tiling;
  const { input, output } = minimalFilter(m);
  const [into, outOf] = [table(g, `B${m}`, both(input)), table(g, `A${m}`, both(output))];
  const zero = g.constant(Array<number>(channels).fill(0), 'float32', [1, channels]);
  const maps = channelsLast(x);
  const scale = doubled ? 2 : 1;

  /** Rows [bands m, columns m, out] of what bands `from` to `to` give, or [bands 2m, columns 2m, out]. */
  const convolved = (from: number, to: number): Value => {
    const tiles = (to - from) * columns;
    const list = Array.from({ length: to - from }, (_, i) => bandOf(size, m, from + i));
    const first = list[0]!.row - (list[0]!.above ? 1 : 0);
    const rows = list.at(-1)!.row + list.at(-1)!.below - first;
    const read = n === 1 ? rowsOf(maps, first, first + rows) : maps.reshape(n * height, width, channels).slice(0, first, first + rows);
    const relative = list.map(band => ({ ...band, row: band.row - first }));
    const gathered = gather(concat([read.reshape(rows * width, channels), zero], 0), places(g, relative, rows, width, m));
    const transformed = matmul(into, gathered.reshape(a2, tiles * channels)).reshape(a2, tiles, channels);
    const products = multiply(transformed, weights); // [a^2, tiles, parts out]
    const results = matmul(outOf, products.reshape(a2, tiles * parts * out)); // [m^2, tiles parts out]
    const ordered = doubled
      ? results.reshape(m, m, to - from, columns, 2, 2, out).transpose(2, 0, 4, 3, 1, 5, 6)
      : results.reshape(m, m, to - from, columns, out).transpose(2, 0, 3, 1, 4);
    return ordered.reshape((to - from) * m * scale, columns * m * scale, out);
  };

  const strips = Array.from({ length: Math.ceil(bands / strip) }, (_, i) => {
    const [from, to] = [i * strip, Math.min(bands, (i + 1) * strip)];
    const whole = convolved(from, to);
    // Of a single picture each strip loses its overhang by itself, so that no second map of the whole is needed for that.
    return n === 1 ? cropped(whole, 0, Math.min(whole.size(0), scale * (height - from * m)), scale * width) : whole;
  });
  const joined = strips.length === 1 ? strips[0]! : concat(strips, 0);
  const pictures = joined.reshape(n, joined.size(0) / n, joined.size(1), out);
  return fromChannelsLast(cropped(pictures, 1, scale * height, scale * width));
};

/** The tiles' overhang off, in one copy: so many rows, from `axis` on, and columns. */
const cropped = (x: Value, axis: number, rows: number, columns: number): Value => {
  if (x.size(axis) === rows && x.size(axis + 1) === columns) return x;
  const list = (...numbers: readonly number[]): Value => x.graph.constant(numbers, 'int64');
  const dims = x.dims.map((dim, i) => (i === axis ? rows : i === axis + 1 ? columns : dim));
  return x.graph.node('Slice', [x, list(0, 0), list(rows, columns), list(axis, axis + 1)], {}, { dims });
};

/** [b, t, c] times [b, out, c] transposed; onnxruntime's own operator, as transposed weights lie better for it where tiles are few. */
const multiply = (a: Value, b: Value): Value =>
  a.graph.node('FusedMatMul', [a, b], { transB: 1 }, { dims: [a.dim(0), a.dim(1), b.dim(1)] }, 'com.microsoft');
