// Random choices that a seed repeats: mulberry32, one stream for each trial.

export type Random = {
  /** At least `from`, below `to`. */
  between(from: number, to: number): number;
  /** A whole number at least 0, below `count`. */
  below(count: number): number;
  pick<T>(items: readonly T[]): T;
};

export const randomOf = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    between: (from, to) => from + (to - from) * next(),
    below,
    pick: items => {
      if (items.length === 0) throw new Error('nothing to choose from');
      return items[below(items.length)]!;
    },
  };
};
