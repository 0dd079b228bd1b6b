// A noise level in the terms of the exponential integrators: x = alpha x0 + sigma eps, lambda = ln(alpha / sigma).

export type Level = {
  readonly alpha: number;
  readonly sigma: number;
  /** Infinite without noise. */
  readonly lambda: number;
};

/** @param alphaBar the square of this alpha */
export const levelOf = (alphaBar: number): Level => ({
  alpha: Math.sqrt(alphaBar),
  sigma: Math.sqrt(1 - alphaBar),
  lambda: 0.5 * Math.log(alphaBar / (1 - alphaBar)),
});
