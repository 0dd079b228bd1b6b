// The report of `rerender metrics` as tables for the terminal.
import type { FrameRow, Level, MetricsReport } from '../../pipeline/index.ts';
import { count } from './format.ts';

/** Rows of cells as lines; the first column to the left, all others to the right. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)));
  return rows.map(row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')).join('\n');
};

const fixed = (value: number | undefined, digits: number): string => (value === undefined ? '-' : value.toFixed(digits));

const signed = (value: number, digits: number): string => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;

const levelRow = (name: string, level: Level | undefined, digits: number): string[] => [
  name,
  fixed(level?.output, digits),
  fixed(level?.source, digits),
  level ? signed(level.excess, digits) : '-',
];

const KEYS_SHOWN = 40;

const keySeries = (rows: readonly FrameRow[]): string => {
  const keys = rows.filter(row => row.key);
  const shown = keys.length <= KEYS_SHOWN ? keys : [...keys.slice(0, KEYS_SHOWN - 1), keys.at(-1)!];
  const lines = shown.map(({ frame, drift }) => [
    String(frame),
    ...[...drift.mean, ...drift.std].map(value => signed(value, 1)),
    drift.sharpness.toFixed(3),
  ]);
  const more = keys.length > shown.length ? `\n(${keys.length - shown.length} key frames left out; --json has all)` : '';
  return `${table([['key frame', 'mean R', 'G', 'B', 'std R', 'G', 'B', 'sharpness'], ...lines])}${more}`;
};

/** The clip as a whole, then the look of its key frames. */
export const metricsText = ({ source, output, size, shots, keyframes, summary, frames }: MetricsReport): string => {
  const { drift } = summary;
  const counts = [count(frames.length, 'frame'), count(shots.length, 'shot'), count(keyframes.length, 'key frame')].join(', ');
  return [
    `${output} against ${source}: ${counts}, measured at ${size.join('x')}`,
    '',
    table([
      ['', 'result', 'source', 'excess'],
      levelRow('warp error (x 1000)', summary.warpError && scaled(summary.warpError, 1000), 3),
      levelRow('flicker (levels)', summary.flicker, 3),
      levelRow('fine flicker (levels)', summary.fineFlicker, 3),
      levelRow('change of still parts (levels)', summary.stillChange, 3),
    ]),
    '',
    table([
      ['structure (SSIM of edges)', fixed(summary.structure, 4)],
      ["sharpness (of the source's)", fixed(summary.sharpness, 3)],
      ['pulse at key frames (x 1000)', fixed(summary.keyPop === undefined ? undefined : 1000 * summary.keyPop, 3)],
      ['drift of means (levels)', `most ${drift.mean.toFixed(2)}, at the end ${drift.meanAtEnd.toFixed(2)}`],
      ['drift of contrast (levels)', `most ${drift.std.toFixed(2)}, at the end ${drift.stdAtEnd.toFixed(2)}`],
      ['drift of sharpness', `${drift.sharpness.map(x => x.toFixed(3)).join(' to ')}, at the end ${drift.sharpnessAtEnd.toFixed(3)}`],
    ]),
    '',
    keySeries(frames),
  ].join('\n');
};

const scaled = ({ output, source, excess }: Level, by: number): Level => ({
  output: by * output,
  source: by * source,
  excess: by * excess,
});

/** A line a frame; * marks key frames. */
export const frameTable = ({ frames }: MetricsReport): string =>
  table([
    ['frame', 'seen %', 'warp x1000', 'source', 'flicker', 'source', 'fine', 'source', 'structure', 'sharpness', 'mean R', 'G', 'B'],
    ...frames.map(({ frame, key, seen, warpError, flicker, fineFlicker, structure, drift }) => [
      `${frame}${key ? '*' : ''}`,
      fixed(seen === undefined ? undefined : 100 * seen, 1),
      fixed(warpError && 1000 * warpError.output, 3),
      fixed(warpError && 1000 * warpError.source, 3),
      fixed(flicker?.output, 3),
      fixed(flicker?.source, 3),
      fixed(fineFlicker?.output, 3),
      fixed(fineFlicker?.source, 3),
      structure.toFixed(4),
      drift.sharpness.toFixed(3),
      ...drift.mean.map(value => signed(value, 1)),
    ]),
  ]);
