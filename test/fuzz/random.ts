// Random choices that a seed repeats.

export type Random = {
  /** A number from 0 to below 1. */
  readonly unit: () => number;
  /** A whole number from 0 to below `count`. */
  readonly below: (count: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
  readonly chance: (probability: number) => boolean;
};

/** FNV-1a. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0)!, 0x01000193);
  return value >>> 0;
};

/** Numbers of one input: the same for the same seed, target and input, whatever ran before (mulberry32). */
export const randomOf = (seed: number, target: string, input: number): Random => {
  let state = hash(`${seed} ${target} ${input}`);
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(unit() * count);
  return { unit, below, pick: list => list[below(list.length)]!, chance: probability => unit() < probability };
};
