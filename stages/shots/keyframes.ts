// Which frames are drawn: every shot's first and last, and between them one at least every K frames.

/** A run of frames between two cuts, both ends included. */
export type Shot = { readonly first: number; readonly last: number };

/** The shots of a clip of `frames` frames, given the frames that begin a new one. */
export const shotsOf = (frames: number, cuts: readonly number[]): Shot[] => {
  const starts = [...new Set([0, ...cuts])].filter(cut => cut >= 0 && cut < frames).sort((a, b) => a - b);
  return starts.map((first, i) => ({ first, last: (starts[i + 1] ?? frames) - 1 }));
};

/**
 * Key frames in order, at most `interval` frames apart. A shot's first and last frame are key frames, so that every frame between has a
 * neighbour on either side; the keys of a shot are spread evenly, which takes no more of them than steps of `interval` would.
 */
export const chooseKeyframes = (shots: readonly Shot[], interval: number): number[] => {
  if (!Number.isInteger(interval) || interval < 1)
    throw new RangeError(`key frames: interval must be a whole number from 1, got ${interval}`);
  return shots.flatMap(({ first, last }) => {
    const gaps = Math.ceil((last - first) / interval);
    return Array.from({ length: gaps + 1 }, (_, i) => (gaps === 0 ? first : first + Math.round((i * (last - first)) / gaps)));
  });
};
