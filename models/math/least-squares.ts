// Linear least squares with several right-hand sides, for a few dozen unknowns.

/** What a fit is made from, row by row. */
export type Fit = {
  /** Takes an equation: sum_i row[i] solution[i][k] = target[k]. */
  add(row: ArrayLike<number>, target: ArrayLike<number>): void;
  /** The solution that misses least, [unknowns][targets]. */
  solve(): Float64Array[];
};

/** The lower triangle L with L L^T = a, for a symmetric positive definite a (Cholesky). */
const triangle = (a: readonly Float64Array[]): Float64Array[] => {
  const n = a.length;
  const lower = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!;
    }
  }
  return lower;
};

/**
 * Solves (A^T A + ridge m I) X = A^T B, m the mean of the squares' diagonal.
 * @param ridge above 0, so that unknowns that no equation tells apart stay small; 1e-3 moves a well-told one by about a thousandth
 */
export const leastSquares = (unknowns: number, targets: number, ridge: number): Fit => {
  const squares = Array.from({ length: unknowns }, () => new Float64Array(unknowns));
  const products = Array.from({ length: unknowns }, () => new Float64Array(targets));
  return {
    add: (row, target) => {
      for (let i = 0; i < unknowns; i++) {
        for (let j = 0; j < unknowns; j++) squares[i]![j]! += row[i]! * row[j]!;
        for (let k = 0; k < targets; k++) products[i]![k]! += row[i]! * target[k]!;
      }
    },
    solve: () => {
      const mean = squares.reduce((sum, row, i) => sum + row[i]! / unknowns, 0);
      const lower = triangle(squares.map((row, i) => row.map((value, j) => (i === j ? value + ridge * mean : value))));
      const x = products.map(row => row.slice());
      for (let k = 0; k < targets; k++) {
        for (let i = 0; i < unknowns; i++) {
          for (let j = 0; j < i; j++) x[i]![k]! -= lower[i]![j]! * x[j]![k]!;
          x[i]![k]! /= lower[i]![i]!;
        }
        for (let i = unknowns - 1; i >= 0; i--) {
          for (let j = i + 1; j < unknowns; j++) x[i]![k]! -= lower[j]![i]! * x[j]![k]!;
          x[i]![k]! /= lower[i]![i]!;
        }
      }
      return x;
    },
  };
};
