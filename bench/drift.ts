// Drift over many key frames: a clip played there and back until it is long, re-rendered, measured:
// npx tsx bench/drift.ts [CLIP] [KEYS] [SIZE]
// Prints the drift at every key frame and its bounds (docs/metrics.md), for the present options; the embedded model.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFfmpeg } from '../media/ffmpeg.ts';
import { metrics, rerender } from '../pipeline/index.ts';

const [clip = 'examples/lakeside.mp4', keys = '31', side = '256'] = process.argv.slice(2);
const INTERVAL = 10;
const frames = (Number(keys) - 1) * INTERVAL + 1;
const size = Number(side);

const folder = mkdtempSync(join(tmpdir(), 'rerender-drift-'));
try {
  const { ffmpeg } = await findFfmpeg({ env: process.env });
  const [both, long, output] = ['both.mkv', 'long.mkv', 'output.mp4'].map(name => join(folder, name)) as [string, string, string];
  const run = (...args: string[]) => execFileSync(ffmpeg.path, ['-v', 'error', '-y', ...args]);
  const turned = '[0:v]split[a][b];[b]reverse[c];[a][c]concat=n=2:v=1:a=0';
  run('-i', clip, '-an', '-filter_complex', turned, '-c:v', 'libx264', '-qp', '10', both);
  run('-stream_loop', '-1', '-i', both, '-frames:v', String(frames), '-c:v', 'libx264', '-qp', '10', long);
  await rerender({ input: long, output, style: 'an oil painting', size, interval: INTERVAL, cache: false, audio: false });
  const { summary, frames: rows } = await metrics({ input: long, output, size, interval: INTERVAL });
  const round = (values: readonly number[]): string => values.map(v => v.toFixed(2).padStart(7)).join('');
  console.log('key frame   mean R      G      B  std R      G      B  sharpness');
  for (const { frame, drift } of rows.filter(({ key }) => key)) {
    console.log(`${String(frame).padStart(9)}  ${round([...drift.mean, ...drift.std])}  ${drift.sharpness.toFixed(3)}`);
  }
  console.log(JSON.stringify(summary.drift));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
