// Two measurements side by side: what may not grow, and by how much what varies may.

/** What `npm run bench` measures. */
export type Measurement = {
  /** The same on every machine: runs, bytes, multiplications. */
  readonly counted: Readonly<Record<string, number>>;
  /** Times over times of one run: comparable between runs on one machine, and roughly between machines. */
  readonly ratios: Readonly<Record<string, number>>;
};

/** A figure of both measurements; `before` is undefined where it is new. */
export type Row = { readonly name: string; readonly before: number | undefined; readonly now: number; readonly worse: boolean };

/** How far a ratio may rise: two runs on one idle machine differ by a tenth. */
export const TOLERANCE = 1.2;

/** Every figure of `now` beside that of `before`: counted work is worse where it grew at all, a ratio where it grew by a fifth. */
export const compare = (now: Measurement, before: Measurement): Row[] => {
  const rows = (kind: keyof Measurement, most: number): Row[] =>
    Object.entries(now[kind]).map(([name, value]) => {
      const past = before[kind][name];
      return { name, before: past, now: value, worse: past !== undefined && value > past * most };
    });
  return [...rows('counted', 1), ...rows('ratios', TOLERANCE)];
};
