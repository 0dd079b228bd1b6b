// `rerender bench propagation [CLIP]`: the ways of propagation compared on one clip.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { packageRoot } from '../../config/paths.ts';
import { type BenchReport, benchPropagation } from '../../pipeline/bench/propagation.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { reported } from '../perform.ts';
import { bytes, table } from '../report/format.ts';

const EXAMPLE = join(packageRoot, 'examples', 'lakeside.mp4');
const TIERS = ['patch', 'warp', 'faithful'] as const;

type BenchFlags = {
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

const runBenchPropagation = async (clip: string | undefined, flags: BenchFlags): Promise<void> => {
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

export const benchPropagationCommand = command<BenchFlags>({
  name: 'propagation',
  summary: 'Compares the ways of propagation on a clip: quality against withheld frames, steadiness, time and memory.',
  positionals: [{ name: '[clip]', help: 'a clip; default: the example' }],
  flags: {
    Measurement: [
      { flag: '--size <n>', help: 'side of the square that frames are scaled to, pixels', default: '512' },
      { flag: '--interval <n>', help: 'frames from one key to the next', default: '10' },
      { flag: '--intervals <n>', help: 'intervals from the start of the clip', default: '2' },
      { flag: '-j, --jobs <n>', help: 'worker threads; default: one a core' },
      { flag: '--ebsynth <path>', help: "EbSynth's program, to run on the same frames" },
      JSON_FLAG,
    ],
  },
  run: ({ positionals: [clip], flags }) => runBenchPropagation(clip, flags),
});
