// `rerender bench propagation [CLIP]`: the ways of propagation compared on one clip; `rerender bench keyframes`: counted denoising steps.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { packageRoot } from '../../config/paths.ts';
import { benchKeyframes } from '../../pipeline/bench/keyframes.ts';
import { type BenchReport, benchPropagation } from '../../pipeline/bench/propagation.ts';
import { reported } from '../perform.ts';
import { bytes } from '../report/format.ts';

const EXAMPLE = join(packageRoot, 'examples', 'lakeside.mp4');
const TIERS = ['patch', 'warp', 'faithful'] as const;

export type BenchFlags = {
  readonly size: string;
  readonly interval: string;
  readonly intervals: string;
  readonly jobs?: string;
  readonly ebsynth?: string;
  readonly json?: boolean;
};

const whole = (flag: string, text: string, least: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new UsageError(`${flag} must be a whole number from ${least}, got ${text}.`);
  return value;
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map(row => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ');
  return [head, ...rows].map(line).join('\n');
};

const fixed = (digits: number, ...values: readonly number[]): string[] => values.map(value => value.toFixed(digits));

/** The report as tables for people. */
const show = (report: BenchReport): string => {
  const { frames, size, interval, jobs, flow, truth, between, single, parts, scaling } = report;
  const quality = ['PSNR dB', 'SSIM', 'sharpness', 'edges'];
  const steady = ['warp error', 'flicker', 'pop'];
  return [
    `${report.input}: ${frames} frames at ${size}x${size}, a key every ${interval} frames, ${jobs} threads`,
    '',
    'Between two keys, against the withheld frames; seconds a frame made, without flow',
    table(
      ['', ...quality, ...steady, 'wall s', 'cpu s', 'with flow', 'memory'],
      [
        ...between.map(row => [
          row.tier,
          ...fixed(2, row.psnr),
          ...fixed(4, row.ssim),
          ...fixed(3, row.sharpness, row.edges),
          ...fixed(2, row.warpError),
          ...fixed(3, row.flicker, row.pop, row.seconds.wall, row.seconds.cpu, row.seconds.wall + flow.wall),
          bytes(row.memory),
        ]),
        ['truth', '', '1.0000', '1.000', '1.000', ...fixed(2, truth.warpError), ...fixed(3, truth.flicker, truth.pop), '', '', '', ''],
      ],
    ),
    '',
    `Flow, a pair both ways: ${flow.wall.toFixed(3)} s wall, ${flow.cpu.toFixed(3)} s cpu`,
    '',
    `From one key alone, ${Math.max(1, Math.floor(interval / 2))} frames away; cpu seconds a frame (EbSynth: wall)`,
    table(
      ['', ...quality, 'seconds'],
      single.map(row => [row.tier, ...fixed(2, row.psnr), ...fixed(4, row.ssim), ...fixed(3, row.sharpness, row.edges, row.seconds)]),
    ),
    '',
    `Parts of a frame by patch on one thread, ms (--poisson alone runs the last): ${parts.map(([part, s]) => `${part} ${(1000 * s).toFixed(1)}`).join(', ')}`,
    '',
    `Scaling of ${between[0]!.tier}`,
    table(
      ['', 'threads', 'wall s', 'cpu s', 'Mpixel/s'],
      scaling.map(row => [
        `${row.size}x${row.size}`,
        String(row.jobs),
        ...fixed(3, row.seconds.wall, row.seconds.cpu),
        ...fixed(2, row.pixelsPerSecond / 1e6),
      ]),
    ),
    '',
  ].join('\n');
};

export const runBenchPropagation = async (clip: string | undefined, flags: BenchFlags): Promise<void> => {
  const input = clip ?? (existsSync(EXAMPLE) ? EXAMPLE : undefined);
  if (input === undefined) throw new UsageError('No clip: give one, e.g. rerender bench propagation clip.mp4.');
  const request = {
    input,
    size: whole('--size', flags.size, 16),
    interval: whole('--interval', flags.interval, 2),
    intervals: whole('--intervals', flags.intervals, 1),
    tiers: TIERS,
    jobs: flags.jobs === undefined ? undefined : whole('--jobs', flags.jobs, 1),
    ebsynth: flags.ebsynth,
  };
  await reported({}, async (_, signal) => {
    const onStep = (what: string): void => void process.stderr.write(`bench: ${what}\n`);
    const report = await benchPropagation({ ...request, signal, onStep });
    process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : show(report));
  });
};

export const showBenchKeyframes = (flags: { readonly json?: boolean }): void => {
  const rows = benchKeyframes();
  const share = ({ run, published }: { run: number; published: number }): string => `${run} of ${published}`;
  const text = table(
    ['denoising steps', 'anchor', 'key frame', 'share'],
    rows.map(({ steps, strength, anchor, key }) => [
      `${steps} steps, ${strength === 'noise' ? 'from noise' : `strength ${strength}`}`,
      share(anchor),
      share(key),
      `${((100 * key.run) / key.published).toFixed(1)} %`,
    ]),
  );
  process.stdout.write(`${flags.json ? JSON.stringify(rows, undefined, 2) : text}\n`);
};
