// The comparison as tables for people.
import type { ComparisonReport } from './comparison.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map(row => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ');
  return [head, ...rows].map(line).join('\n');
};

const fixed = (digits: number, ...values: readonly number[]): string[] => values.map(value => value.toFixed(digits));

const QUALITY = ['PSNR dB', 'SSIM', 'sharpness', 'edges'];
const STEADY = ['warp error x 1000', 'flicker', 'pop'];

const betweenKeys = ({ between, truth, flow }: ComparisonReport): string =>
  table(
    ['', ...QUALITY, ...STEADY, 'wall s', 'cpu s', 'with flow', 'memory MB'],
    [
      ...between.map(row => [
        row.tier,
        ...fixed(2, row.psnr),
        ...fixed(4, row.ssim),
        ...fixed(3, row.sharpness, row.edges, 1000 * row.warpError, row.flicker, row.pop),
        ...fixed(3, row.seconds.wall, row.seconds.cpu, row.seconds.cpu + flow.cpu),
        (row.memory / 1e6).toFixed(0),
      ]),
      ['truth', '', '1.0000', '1.000', '1.000', ...fixed(3, 1000 * truth.warpError, truth.flicker, truth.pop), '', '', '', ''],
    ],
  );

const fromOneKey = ({ single }: ComparisonReport): string =>
  table(
    ['', ...QUALITY, 'seconds'],
    single.map(row => [row.tier, ...fixed(2, row.psnr), ...fixed(4, row.ssim), ...fixed(3, row.sharpness, row.edges, row.seconds)]),
  );

const scaling = ({ scaling }: ComparisonReport): string =>
  table(
    ['', 'threads', 'wall s', 'cpu s', 'Mpixel/s'],
    scaling.map(row => [
      `${row.size}x${row.size}`,
      String(row.jobs),
      ...fixed(3, row.seconds.wall, row.seconds.cpu),
      ...fixed(2, row.pixelsPerSecond / 1e6),
    ]),
  );

export const reportText = (report: ComparisonReport): string => {
  const { input, frames, size, interval, jobs, flow, parts, between } = report;
  const partTimes = parts.map(([part, seconds]) => `${part} ${(1000 * seconds).toFixed(1)}`).join(', ');
  return [
    `${input}: ${frames} frames at ${size}x${size}, a key every ${interval} frames, ${jobs} threads`,
    '',
    'Between two keys, against the withheld frames; seconds a frame, without flow; cpu with it',
    betweenKeys(report),
    '',
    `Flow, a pair both ways: ${flow.wall.toFixed(3)} s wall, ${flow.cpu.toFixed(3)} s cpu`,
    '',
    `From one key alone, ${Math.max(1, Math.floor(interval / 2))} frames away; cpu seconds a frame (EbSynth: wall)`,
    fromOneKey(report),
    '',
    `Parts of a frame by patch on one thread, ms (--poisson alone runs the last): ${partTimes}`,
    '',
    `Scaling of ${between[0]!.tier}`,
    scaling(report),
  ].join('\n');
};
