// `rerender bench propagation [CLIP]`: what a frame between key frames costs on this machine.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { packageRoot } from '../../config/paths.ts';
import type { PropagationBench } from '../../pipeline/bench/propagation.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { reported } from '../perform.ts';
import { bytes } from '../report/format.ts';

const EXAMPLE = join(packageRoot, 'examples', 'lakeside.mp4');

type BenchPropagationFlags = {
  readonly size?: string;
  readonly interval: string;
  readonly intervals: string;
  readonly propagate?: string;
  readonly poisson?: boolean;
  readonly jobs?: string;
  readonly json?: boolean;
};

const whole = (flag: string, text: string, least: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new UsageError(`${flag} must be a whole number from ${least}, got ${text}.`);
  return value;
};

const show = ({ input, frames, width, height, interval, tier, jobs, seconds, memory, warpError, flicker }: PropagationBench): string => {
  const pair = (output: number, source: number): string => `${output.toFixed(3)} (the source's own: ${source.toFixed(3)})`;
  return [
    `${input}: ${frames} frames at ${width}x${height}, a key frame every ${interval}, ${tier}, ${jobs} threads`,
    `a frame between key frames: ${seconds.wall.toFixed(3)} s, ${seconds.cpu.toFixed(3)} s of processor time; ${bytes(memory)} at the peak`,
    `warp error x 1000: ${pair(1000 * warpError.output, 1000 * warpError.source)}; flicker: ${pair(flicker.output, flicker.source)}`,
    '',
  ].join('\n');
};

const runBenchPropagation = async (clip: string | undefined, flags: BenchPropagationFlags): Promise<void> => {
  const input = clip ?? (existsSync(EXAMPLE) ? EXAMPLE : undefined);
  if (input === undefined) throw new UsageError('No clip: give one, e.g. rerender bench propagation clip.mp4.');
  const interval = whole('--interval', flags.interval, 2);
  const intervals = whole('--intervals', flags.intervals, 1);
  const options = {
    ...(flags.size !== undefined && { size: whole('--size', flags.size, 64) }),
    ...(flags.jobs !== undefined && { jobs: whole('--jobs', flags.jobs, 1) }),
    ...(flags.propagate !== undefined && { propagate: flags.propagate as Options['propagate'] }),
    poisson: flags.poisson === true,
  };
  await reported({}, async (_, signal) => {
    const onStep = (what: string): void => void process.stderr.write(`bench: ${what}\n`);
    const { benchPropagation } = await import('../../pipeline/bench/propagation.ts');
    const report = await benchPropagation({ input, options, interval, intervals, signal, onStep });
    process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : show(report));
  });
};

export const benchPropagationCommand = command<BenchPropagationFlags>({
  name: 'propagation',
  summary: 'Measures propagation on a clip, whose own frames serve as key frames: time, memory, steadiness.',
  positionals: [{ name: '[clip]', help: 'a clip; default: the example' }],
  flags: {
    Measurement: [
      { flag: '--size <n>', help: 'shorter side that frames are worked at, pixels; default as in a run' },
      { flag: '--interval <n>', help: 'frames from one key frame to the next', default: '10' },
      { flag: '--intervals <n>', help: 'intervals from the start of the clip', default: '2' },
      { flag: '--propagate <tier>', help: 'patch, warp or faithful; default as in a run' },
      { flag: '--poisson', help: 'with screened Poisson fusion' },
      { flag: '-j, --jobs <n>', help: 'worker threads; default: one a core' },
      JSON_FLAG,
    ],
  },
  run: ({ positionals: [clip], flags }) => runBenchPropagation(clip, flags),
});
