// `rerender metrics` on small clips in several containers.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MetricsReport, metrics } from '../../pipeline/index.ts';
import { ffmpeg } from '../media/support.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const make = (name: string, filter: string, more = ''): string => {
  const path = join(folder, name);
  ffmpeg(`-i ${exampleClip()} -an -vf ${filter} -frames:v 14 ${more} ${path}`);
  return path;
};
const lossless = '-c:v libx264 -qp 0 -preset ultrafast';
const source = make('source.mkv', 'scale=160:90', lossless);
const bright = make('bright.mp4', "scale=160:90,eq=brightness='0.03*mod(n,2)':eval=frame", lossless);
const brighter = make('brighter.mkv', "scale=160:90,eq=brightness='0.08*mod(n,2)':eval=frame", lossless);
const larger = make('larger.webm', 'scale=320:180', '-c:v libvpx -b:v 2M');
const shorter = make('shorter.mp4', 'scale=160:90,trim=end_frame=9', lossless);
const square = make('square.mp4', 'scale=96:96', lossless);

describe('rerender metrics', () => {
  test('a clip against itself: no excess, at any thread count', async () => {
    const report = await metrics({ input: source, output: source, interval: 5, jobs: 1 });
    const { summary, frames, keyframes, size } = report;
    expect(frames).toHaveLength(14);
    expect(keyframes).toEqual([0, 4, 9, 13]);
    expect(size).toEqual([160, 90]);
    expect([summary.warpError!.excess, summary.flicker!.excess, summary.fineFlicker!.excess]).toEqual([0, 0, 0]);
    expect([summary.structure, summary.sharpness, summary.keyPop]).toEqual([1, 1, 0]);
    expect(summary.drift).toEqual({ mean: 0, meanAtEnd: 0, std: 0, stdAtEnd: 0, sharpness: [1, 1], sharpnessAtEnd: 1 });
    expect(frames[0]).not.toHaveProperty('flicker.output');
    expect(await metrics({ input: source, output: source, interval: 5, jobs: 2 })).toEqual(report);
  });

  test('more flicker is more flicker', async () => {
    const reports = await Promise.all([source, bright, brighter].map(output => metrics({ input: source, output, jobs: 1 })));
    const rising = (of: (report: MetricsReport) => number): void => {
      const [none, some, most] = reports.map(of);
      expect(some).toBeGreaterThan(none! + 1e-4);
      expect(most).toBeGreaterThan(some! + 1e-4);
    };
    rising(({ summary }) => summary.flicker!.excess);
    rising(({ summary }) => summary.warpError!.excess);
    rising(({ summary }) => summary.drift.mean);
  });

  test('the command prints tables, JSON and a plot; a result of another size and container is brought to one size', async () => {
    const plot = join(folder, 'plot.svg');
    const told = await rerenderCommand(['metrics', source, larger, '--per-frame', '--plot', plot]);
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(/warp error \(x 1000\) +\d/);
    expect(told.stdout).toMatch(/^13\* +\d/m);
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg [\s\S]*Flicker[\s\S]*<\/svg>\n$/);
    expect(readFileSync(plot, 'utf8')).not.toMatch(/NaN|undefined/);
    const json = await rerenderCommand(['metrics', source, larger, '--json']);
    expect(json.stderr).toBe('');
    const report = JSON.parse(json.stdout) as MetricsReport;
    expect(report.size).toEqual([160, 90]);
    expect(report.frames.map(({ frame }) => frame)).toEqual(Array.from({ length: 14 }, (_, i) => i));
    expect(report.summary.structure).toBeGreaterThan(0.9);
  });

  test('key frames by motion', async () => {
    const { keyframes } = await metrics({ input: source, output: source, interval: 'auto', intervalMin: 2, intervalMax: 6, jobs: 1 });
    expect([keyframes[0], keyframes.at(-1)]).toEqual([0, 13]);
    for (const [i, key] of keyframes.slice(1).entries()) expect(key - keyframes[i]!).toBeLessThanOrEqual(6);
  });

  test('a part of the source', async () => {
    const { frames } = await metrics({ input: source, output: shorter, frames: [0, 8], jobs: 1 });
    expect(frames).toHaveLength(9);
    expect(frames.at(-1)!.structure).toBe(1);
  });

  test.each<[string, string[], number, RegExp]>([
    ['other lengths', [source, shorter], 2, /source\.mkv has 14 frames and .*shorter\.mp4 has 9: both must have the same; .*--frames a-b/],
    ['other shapes', [source, square], 2, /96x96 .* 160x90: their shapes differ too much/],
    ['a missing result', [source, join(folder, 'none.mp4')], 4, /none\.mp4/],
    [
      'no interval',
      [source, source, '--interval', 'often'],
      2,
      /--interval must be a whole number from 1 to 1000 frames, or auto; got "often"/,
    ],
    [
      'bounds the wrong way round',
      [source, source, '--interval', 'auto', '--interval-min', '30'],
      2,
      /--interval-min \(30\) must not be more/,
    ],
    ['one clip alone', [source], 2, /missing required argument 'output'/],
    [
      'a plot that cannot be written',
      [source, source, '--plot', join(folder, 'no', 'plot.svg')],
      2,
      /folder of the output, .*no, does not exist: make it, or give another with --plot/,
    ],
  ])('%s: a clear error', async (_, args, code, message) => {
    const ran = await rerenderCommand(['metrics', ...args]);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(message);
    expect(ran.stdout).toBe('');
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });
});
