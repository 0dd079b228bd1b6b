// Winograd's minimal filtering (S. Winograd 1980; A. Lavin, S. Gray 2016, "Fast Algorithms for Convolutional Neural Networks", eq. 7 to
// 10): m outputs of a filter of three taps from a = m + 2 inputs with a products in place of 3 m, y = A^T ((G w) . (B^T x)). In two
// dimensions every matrix stands on both sides: a tile of m x m pixels takes a^2 products in place of 9 m^2, which is 2.25 (m = 2), 4 (4)
// or 5.06 (6) times fewer.

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** Pixels of a tile's side. */
export type Tile = 2 | 4 | 6;

/** Where the polynomials are evaluated; infinity comes after them. */
const POINTS = [0, 1, -1, 2, -2, 0.5, -0.5];

/** Coefficients of the product of (x - p), the lowest first. */
const productOf = (points: readonly number[]): number[] => {
  const sum = [1];
  for (const p of points) {
    sum.push(0);
    for (let i = sum.length - 1; i >= 0; i--) sum[i] = (sum[i - 1] ?? 0) - p * sum[i]!;
  }
  return sum;
};

const padded = (row: readonly number[], length: number): number[] => Array.from({ length }, (_, i) => row[i] ?? 0);

const last = (length: number): number[] => Array.from({ length }, (_, i) => (i === length - 1 ? 1 : 0));

const powers = (p: number, count: number): number[] => Array.from({ length: count }, (_, k) => p ** k);

const transposed = (matrix: Matrix): Matrix => matrix[0]!.map((_, k) => matrix.map(row => row[k]!));

/** A^T [m, a], G [a, 3] and B^T [a, a] of F(m, 3). */
export const minimalFilter = (m: Tile): { readonly output: Matrix; readonly filter: Matrix; readonly input: Matrix } => {
  const points = POINTS.slice(0, m + 1);
  const others = points.map(p => points.filter(other => other !== p));
  const scale = points.map((p, j) => others[j]!.reduce((n, other) => n * (p - other), 1));
  return {
    output: transposed([...points.map(p => powers(p, m)), last(m)]),
    filter: [...points.map((p, j) => powers(p, 3).map(x => x / scale[j]!)), last(3)],
    input: [...others.map(rest => padded(productOf(rest), m + 2)), productOf(points)],
  };
};

export const times = (a: Matrix, b: Matrix): Matrix =>
  a.map(row => b[0]!.map((_, k) => row.reduce((sum, value, i) => sum + value * b[i]![k]!, 0)));

/** Kronecker product: a [i, k], b [j, l] -> [i j, k l]; over both axes of a picture that is flattened row by row. */
export const both = (a: Matrix, b: Matrix = a): Matrix => a.flatMap(left => b.map(right => left.flatMap(x => right.map(y => x * y))));

/**
 * A 3-tap filter over pixels that each stand twice, as the filters of the first and the second of two such pixels over the smaller
 * picture: (w0, w1 + w2, 0) and (0, w0 + w1, w2) over its pixels i - 1, i, i + 1.
 */
export const DOUBLED: readonly [Matrix, Matrix] = [
  [
    [1, 0, 0],
    [0, 1, 1],
    [0, 0, 0],
  ],
  [
    [0, 0, 0],
    [1, 1, 0],
    [0, 0, 1],
  ],
];
