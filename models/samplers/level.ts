// A noise level in the terms of the exponential integrators: x = alpha x0 + sigma eps, lambda = ln(alpha / sigma).

export type Level = {
  readonly alpha: number;
  readonly sigma: number;
  /** Infinite without noise. */
  readonly lambda: number;
};

/** @param bar alpha-bar, the square of this alpha */
export const levelOf = (bar: number): Level => ({
  alpha: Math.sqrt(bar),
  sigma: Math.sqrt(1 - bar),
  lambda: 0.5 * Math.log(bar / (1 - bar)),
});
