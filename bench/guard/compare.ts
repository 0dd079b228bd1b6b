// Two measurements side by side: what may not grow, and by how much what varies may.

/** What `npm run bench` measures. */
export type Measurement = {
  /** The same on every machine: runs, bytes, multiplications. */
  readonly counted: Readonly<Record<string, number>>;
  /** Seconds of the processors over those of one run: comparable between runs on one machine, and roughly between machines. */
  readonly ratios: Readonly<Record<string, number>>;
};

/** A figure of both measurements; `before` is undefined where it is new, `now` where it is gone. */
export type Row = {
  readonly kind: keyof Measurement;
  readonly name: string;
  readonly before: number | undefined;
  readonly now: number | undefined;
  readonly worse: boolean;
};

/** How far a ratio may rise: two runs on one idle machine differ by a tenth. */
export const TOLERANCE = 1.2;

/** Every figure of `now` beside that of `before`: counted work is worse where it grew at all, a ratio where it grew by a fifth. */
export const compare = (now: Measurement, before: Measurement): Row[] => {
  const rows = (kind: keyof Measurement, most: number): Row[] =>
    [...new Set([...Object.keys(now[kind]), ...Object.keys(before[kind])])].map(name => {
      const [past, value] = [before[kind][name], now[kind][name]];
      return { kind, name, before: past, now: value, worse: past !== undefined && value !== undefined && value > past * most };
    });
  return [...rows('counted', 1), ...rows('ratios', TOLERANCE)];
};

/** How much of the counted work is another than before, in words. */
export const verdict = (rows: readonly Row[]): string => {
  const counted = rows.filter(({ kind }) => kind === 'counted');
  const other = counted.filter(({ before, now }) => before !== now);
  const grown = counted.filter(({ worse }) => worse).length;
  if (other.length === 0) return `counted work: ${counted.length} figures, none differs`;
  return `counted work: ${other.length} of ${counted.length} figures differ, ${grown === 0 ? 'none grew' : `${grown} grew`}`;
};
