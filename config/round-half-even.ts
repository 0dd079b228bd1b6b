// Rounding as Python, numpy and torch have it.

/** The integer nearest to x, halves to the even one. */
export const roundHalfEven = (x: number): number => {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + Math.abs(below % 2) : Math.round(x);
};
