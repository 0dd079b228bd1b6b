// Whether key frames stand out in a sequence.
import type { Picture } from '../../media/frame.ts';

const change = (a: Picture, b: Picture): number => {
  let sum = 0;
  for (let p = 0; p < a.data.length; p++) sum += Math.abs(a.data[p]! - b.data[p]!);
  return sum / a.data.length;
};

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Mean change between neighbours where one is a key frame, over that elsewhere: 1 where keys cannot be told from other frames. */
export const pop = (pictures: readonly Picture[], isKey: (n: number) => boolean): number => {
  const changes = pictures.slice(1).map((picture, n) => ({ value: change(pictures[n]!, picture), atKey: isKey(n) || isKey(n + 1) }));
  const of = (atKey: boolean): number => mean(changes.filter(entry => entry.atKey === atKey).map(({ value }) => value));
  const elsewhere = of(false);
  return elsewhere > 0 ? of(true) / elsewhere : 1;
};
