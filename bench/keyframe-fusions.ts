// Measures what each fusion does for key frames of a clip: npx tsx bench/keyframe-fusions.ts CLIP [FRAMES] [STYLE] [FOLDER]
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartialOptions } from '../config/options.ts';
import { decodeFrames } from '../media/decode.ts';
import { findFfmpeg } from '../media/ffmpeg.ts';
import type { Frame, Picture } from '../media/frame.ts';
import { readPicture } from '../media/picture.ts';
import { probe } from '../media/probe.ts';
import { type Event, keyframes } from '../pipeline/index.ts';
import { estimatePair } from '../stages/flow/estimate.ts';
import { resizeFlow } from '../stages/flow/grid.ts';
import { toImage } from '../stages/keyframes/pixels.ts';
import { warpBilinear } from '../stages/keyframes/warp.ts';

const [clip = 'examples/lakeside.mp4', frames = '0-40', style = 'a watercolor painting', into] = process.argv.slice(2);
const [first = 0, last = 40] = frames.split('-').map(Number);
const OFF = { crossPeriod: 'off', warpPeriod: 'off', adaPeriod: 'off', maskPeriod: 'off' } as const;
const VARIANTS: [name: string, options: PartialOptions][] = [
  ['each on its own', OFF],
  ['+ attention, loose', { ...OFF, crossPeriod: [0, 1] }],
  ['+ attention, all layers', { ...OFF, crossPeriod: [0, 1], looseCfattn: false }],
  ['loose + AdaIN', { ...OFF, crossPeriod: [0, 1], adaPeriod: [0.8, 1] }],
  ['+ shape 0,0.1', { ...OFF, crossPeriod: [0, 1], adaPeriod: [0.8, 1], warpPeriod: [0, 0.1] }],
  ['+ shape 0,0.4', { ...OFF, crossPeriod: [0, 1], adaPeriod: [0.8, 1], warpPeriod: [0, 0.4] }],
  ['+ pixel (0.1)', { ...OFF, crossPeriod: [0, 1], adaPeriod: [0.8, 1], warpPeriod: [0, 0.1], maskPeriod: [0.5, 0.8] }],
  ['+ pixel (0.4)', { ...OFF, crossPeriod: [0, 1], adaPeriod: [0.8, 1], warpPeriod: [0, 0.4], maskPeriod: [0.5, 0.8] }],
];

/**
 * Mean absolute difference (of 255) between `to` and `from` pulled there along the sources' motion, where both see the same;
 * and of 9x9 means.
 */
const warpError = (from: Frame, to: Frame, drawnFrom: Picture, drawnTo: Picture): number => {
  const pair = estimatePair(to, from, 'fine');
  const pulled = warpBilinear(toImage(drawnFrom), resizeFlow(pair.forward, pair, to)).data;
  const target = toImage(drawnTo).data;
  const size = to.width * to.height;
  let [sum, count] = [0, 0];
  for (let p = 0; p < size; p++) {
    const [x, y] = [p % to.width, Math.floor(p / to.width)];
    const cell = Math.floor((y * pair.height) / to.height) * pair.width + Math.floor((x * pair.width) / to.width);
    if (pair.hiddenInSecond[cell]) continue;
    for (let c = 0; c < 3; c++) sum += Math.abs(pulled[c * size + p]! - target[c * size + p]!) * 127.5;
    count += 3;
  }
  return sum / count;
};

const channelMeans = ({ data }: Picture): number[] => {
  const sums = [0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 3]! += data[i]!;
  return sums.map(s => (3 * s) / data.length);
};

/** Mean absolute Laplacian of the green channel. */
const sharpness = ({ width, height, data }: Picture): number => {
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = (dx: number, dy: number) => data[3 * ((y + dy) * width + x + dx) + 1]!;
      sum += Math.abs(4 * at(0, 0) - at(1, 0) - at(-1, 0) - at(0, 1) - at(0, -1));
    }
  }
  return sum / ((width - 2) * (height - 2));
};

const ffmpeg = await findFfmpeg({ env: process.env });
const info = await probe(clip, ffmpeg, {});
const folder = into ?? (await mkdtemp(join(tmpdir(), 'rerender-bench-')));
console.log(`${clip}, frames ${frames}, ${style}: ${folder}`);
console.log(`${''.padEnd(26)}neighbours  to first  colour drift  sharpness   seconds`);
for (const [name, options] of VARIANTS) {
  const drawn: { frame: number; file: string }[] = [];
  const onEvent = (event: Event) => {
    if (event.type === 'preview' && event.file) drawn.push({ frame: event.frame, file: event.file });
  };
  const output = join(folder, name.replaceAll(/[^a-z0-9.]+/gi, '-'));
  const cpu = process.cpuUsage();
  await keyframes({ input: clip, style, frames: [first, last], output, workDir: join(folder, 'work'), ...options, onEvent });
  const { user } = process.cpuUsage(cpu);
  const pictures = await Promise.all(drawn.map(({ file }) => readPicture(file)));
  const { width, height } = pictures[0]!;
  const sources: Frame[] = [];
  const select = drawn.map(d => d.frame);
  for await (const frame of decodeFrames(info, { ffmpeg, width, height, range: { frames: [first, last] }, select })) sources.push(frame);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const errors = sources.slice(1).map((to, k) => warpError(sources[k]!, to, pictures[k]!, pictures[k + 1]!));
  const toFirst = sources.slice(1).map((to, k) => warpError(sources[0]!, to, pictures[0]!, pictures[k + 1]!));
  const meanShift = (list: readonly Picture[], k: number) => channelMeans(list[k]!).map((m, c) => m - channelMeans(list[0]!)[c]!);
  const drift = pictures
    .slice(1)
    .map((_, k) => mean(meanShift(pictures, k + 1).map((d, c) => Math.abs(d - meanShift(sources, k + 1)[c]!))));
  const row = [mean(errors), mean(toFirst), mean(drift), mean(pictures.map(sharpness)), user / 1e6].map(v => v.toFixed(2).padStart(10));
  console.log(name.padEnd(26) + row.join('  '));
}
