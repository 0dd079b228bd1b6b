// How a sweep over FreeU's factors and a list of seeds are written.
import { UsageError } from './errors.ts';
import { FREEU_BOUNDS } from './freeu-bounds.ts';
import { PLAIN_ROWS } from './freeu-rows.ts';
import type { FreeUStrengths } from './option.ts';

/** A factor, or one for stage 1 and one for stage 2. */
type Value = number | readonly [number, number];

type Axis = { readonly name: string; readonly sets: readonly (keyof FreeUStrengths)[]; readonly values: readonly Value[] };

/** Columns b, rows s, with the identity in the first cell; `defaultAxes` adds what FreeU's authors recommend. */
const B: Axis = { name: 'b', sets: ['b1', 'b2'], values: [1, 1.2, 1.4] };
const S: Axis = { name: 's', sets: ['s1', 's2'], values: [1, 0.6, 0.2] };

/** The default grid, whose last column and row are the authors' pairs: their four factors are the last cell. */
const defaultAxes = ({ b1, b2, s1, s2 }: FreeUStrengths): readonly [Axis, Axis] => [
  { ...B, values: [...B.values, [b1, b2]] },
  { ...S, values: [...S.values, [s1, s2]] },
];

const valueText = (value: Value): string => (typeof value === 'number' ? String(value) : value.join('/'));

const MOST_CELLS = 100;

const AXES: Readonly<Record<string, Axis>> = Object.fromEntries(
  [B, S].flatMap(axis => [[axis.name, axis], ...axis.sets.map(name => [name, { ...axis, name, sets: [name] }])]),
);

export type SweepCell = { readonly label: string; readonly freeu: FreeUStrengths; readonly identity: boolean };
export type Sweep = { readonly columns: number; readonly cells: readonly SweepCell[] };

/** `1.2`, or `1.5/1.6`; undefined for what is neither, or out of range. */
const parseFactors = (text: string): Value | undefined => {
  const [least, most] = FREEU_BOUNDS;
  const [first, second, ...more] = text.split('/').map(v => (v.trim() === '' ? Number.NaN : Number(v)));
  const isFactor = (v: number | undefined): v is number => v !== undefined && v >= least && v <= most;
  if (!isFactor(first) || more.length > 0) return undefined;
  if (second === undefined) return first;
  return isFactor(second) ? [first, second] : undefined;
};

const parseAxis = (text: string): Axis => {
  const [, name = '', list = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
  const axis = Object.hasOwn(AXES, name) ? AXES[name] : undefined;
  const values = list.split(',').map(parseFactors);
  if (!axis || values.includes(undefined) || (axis.sets.length === 1 && values.some(value => typeof value !== 'number'))) {
    const rule = `factors from ${FREEU_BOUNDS.join(' to ')}, or as 1.5/1.6 one for each stage`;
    throw new UsageError(`--freeu-sweep ${text}: write b=1,1.2,1.4 and s=0.2,0.6,1 (or b1, b2, s1, s2), ${rule}.`);
  }
  return { ...axis, values: values as Value[] };
};

/**
 * Reads the values of `--freeu-sweep`; `default` stands for the default grid. Factors that no axis sets are those of `base`.
 * @param authors the factors that FreeU's authors publish for the model, default those of Stable Diffusion 1.5
 * @param further whether stages have settings beside the four factors, so that factors of 1 are not FreeU off
 * @returns undefined where no sweep is asked for
 * @throws UsageError for an unknown axis, two of one kind, or more than a hundred cells
 */
export const parseSweep = (
  values: readonly string[],
  base: FreeUStrengths,
  { authors = PLAIN_ROWS.authors.factors, further = false }: { readonly authors?: FreeUStrengths; readonly further?: boolean } = {},
): Sweep | undefined => {
  if (values.length === 0) return undefined;
  const given = values
    .flatMap(v => v.trim().split(/\s+/))
    .filter(v => v !== 'default')
    .map(parseAxis);
  const [columns, ...moreColumns] = given.filter(a => a.name.startsWith('b'));
  const [rows, ...moreRows] = given.filter(a => a.name.startsWith('s'));
  if (moreColumns.length + moreRows.length > 0) throw new UsageError('--freeu-sweep has one axis of b (columns) and one of s (rows).');
  const [columnsOfAll, rowsOfAll] = defaultAxes(authors);
  const [b, s] = [columns ?? columnsOfAll, rows ?? rowsOfAll];
  if (b.values.length * s.values.length > MOST_CELLS) {
    throw new UsageError(`--freeu-sweep asks for ${b.values.length * s.values.length} pictures: at most ${MOST_CELLS} fit a sheet.`);
  }
  const set = ({ sets }: Axis, v: Value) => Object.fromEntries(sets.map((name, i) => [name, typeof v === 'number' ? v : v[i]!]));
  const cells = s.values.flatMap(y =>
    b.values.map((x): SweepCell => {
      const freeu = { ...base, ...set(b, x), ...set(s, y) };
      const identity = !further && Object.values(freeu).every(v => v === 1);
      return { freeu, identity, label: `${b.name} ${valueText(x)}  ${s.name} ${valueText(y)}${identity ? '  (off)' : ''}` };
    }),
  );
  return { columns: b.values.length, cells };
};

const MOST_SEEDS = 1000;

/** The seeds of `--seeds 1,2,3`, or `count` from `seed` on. @throws UsageError for what is no seed, or when both are given */
export const seedsOf = ({ seeds, seed, count }: { seeds?: string | undefined; seed: number; count: number }): number[] => {
  if (seeds === undefined) return Array.from({ length: count }, (_, i) => seed + i);
  if (count > 1) throw new UsageError('--seeds and --count exclude each other: give one of them.');
  const numbers = seeds.split(',').map(v => (v.trim() === '' ? Number.NaN : Number(v)));
  if (!numbers.every(n => Number.isSafeInteger(n) && n >= 0) || numbers.length > MOST_SEEDS) {
    throw new UsageError(`--seeds must be at most ${MOST_SEEDS} integers from 0, parted by commas; got "${seeds}".`);
  }
  return [...new Set(numbers)];
};
