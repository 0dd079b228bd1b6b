// How far textures are tied to their surfaces: every preset's warp error beside that of the source itself, sharpened.
// npx tsx bench/steadiness.ts CLIP [--frames 0-20] [--size N] [--presets oil,comic]. Prints Markdown (docs/quality.md).
//
// Warp error is taken along motion that is estimated. Where that is off by d, a picture x errs by |d . grad x|^2, however well it goes with
// its surface: with twice the gradients four times the error. The source, sharpened (unsharp mask over 3x3), is a picture that goes
// perfectly with its surfaces, whatever its gradients. Its error at the sharpness of a style is interpolated between amounts, in
// logarithms; beyond the sharpest one it goes on as the square.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PRESETS } from '../config/presets.ts';
import { findFfmpeg } from '../media/ffmpeg.ts';
import { metrics, rerender } from '../pipeline/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { frames: { type: 'string', default: '0-20' }, size: { type: 'string' }, presets: { type: 'string' } },
});
const [input] = positionals;
if (input === undefined) throw new Error('usage: npx tsx bench/steadiness.ts CLIP [--frames 0-20] [--size N] [--presets a,b]');
const frames = values.frames.split('-').map(Number) as [number, number];
const size = values.size === undefined ? {} : { size: Number(values.size) };
const presets = values.presets?.split(',') ?? Object.keys(PRESETS).filter(name => PRESETS[name]?.style !== undefined);
/** Amounts of ffmpeg's `unsharp`, whose largest is 5: the mask goes in twice for more. */
const AMOUNTS = [[1], [2.5], [5], [5, 1], [5, 5]] as const;

type Point = { readonly sharpness: number; readonly warpError: number };

const measure = async (output: string) => {
  const { summary, size: measured } = await metrics({ input, output, frames, ...size });
  const { output: styled = Number.NaN, source = Number.NaN } = summary.warpError ?? {};
  return { sharpness: summary.sharpness, warpError: styled / source, size: measured };
};

/** The warp error that the sharpened source has at a sharpness, over that of the source. */
const sharpenedAt = (points: readonly Point[], sharpness: number): number => {
  const next = points.findIndex(point => point.sharpness >= sharpness);
  if (next === -1) return points.at(-1)!.warpError * (sharpness / points.at(-1)!.sharpness) ** 2;
  const [a, b] = [points[next - 1] ?? points[next]!, points[next]!];
  if (a === b) return b.warpError;
  const share = Math.log(sharpness / a.sharpness) / Math.log(b.sharpness / a.sharpness);
  return a.warpError * (b.warpError / a.warpError) ** share;
};

const folder = mkdtempSync(join(tmpdir(), 'rerender-steadiness-'));
try {
  const { ffmpeg } = await findFfmpeg({ env: process.env });
  const output = join(folder, 'result.mp4');
  const results: [name: string, Point][] = [];
  let shape: readonly number[] = [];
  for (const preset of presets) {
    await rerender({ input, output, frames, preset, workDir: join(folder, 'work'), overwrite: true, audio: false, crf: 12, ...size });
    const { size: measured, ...point } = await measure(output);
    shape = measured;
    results.push([preset, point]);
  }
  const points: Point[] = [{ sharpness: 1, warpError: 1 }];
  for (const amounts of AMOUNTS) {
    const masks = amounts.map(amount => `unsharp=3:3:${amount}:3:3:${amount}`).join();
    const part = `trim=start_frame=${frames[0]}:end_frame=${frames[1] + 1},setpts=PTS-STARTPTS`;
    const filters = `${part},scale=${shape.join(':')}:flags=area,${masks}`;
    const coded = ['-fps_mode', 'passthrough', '-c:v', 'libx264', '-crf', '12', '-pix_fmt', 'yuv420p', '-an'];
    execFileSync(ffmpeg.path, ['-v', 'error', '-y', '-i', input, '-vf', filters, ...coded, output]);
    points.push(await measure(output));
  }
  const sharpened = points.map(point => `${point.sharpness.toFixed(2)}: ${point.warpError.toFixed(2)}`);
  console.log(`The source sharpened (sharpness: warp error over the source's own): ${sharpened.join(', ')}\n`);
  console.log('| preset | sharpness | warp error | the source as sharp | share |\n| --- | --- | --- | --- | --- |');
  for (const [preset, { sharpness, warpError }] of results) {
    const limit = sharpenedAt(points, sharpness);
    const cells = [sharpness, warpError, limit, warpError / limit].map(value => value.toFixed(2));
    console.log(`| ${[preset, ...cells].join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
