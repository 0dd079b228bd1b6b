// What each part takes away of warp error, flicker and drift, as Rerender's ablation does it:
// npx tsx bench/ablation.ts PRESET SIZE FRAMES CLIP...
// FRAMES such as 0-59. Prints Markdown (docs/quality.md): warp error x 10,000 / flicker in levels (drift of the mean,
// levels), docs/metrics.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { PartialOptions } from '../config/options.ts';
import { metrics, rerender } from '../pipeline/index.ts';

const [preset = 'oil', side = '256', range = '0-59', ...clips] = process.argv.slice(2);
const size = Number(side);
const frames = range.split('-').map(Number) as [number, number];
const UNTIED = { crossPeriod: 'off', warpPeriod: 'off', adaPeriod: 'off', maskPeriod: 'off' } as const;
const TIED = { ...UNTIED, crossPeriod: [0, 1] } as const;
const ROWS: [name: string, options: PartialOptions][] = [
  ['every frame by itself', { ...UNTIED, startNoise: 'own', interval: 1 }],
  ['key frames by themselves', { ...UNTIED, startNoise: 'own' }],
  ['+ noise of the anchor', UNTIED],
  ['+ cross-frame attention', TIED],
  ['+ pixel-aware fusion', { ...TIED, maskPeriod: [0.5, 0.8] }],
  ['+ shape-aware fusion in 0,0.4', { ...TIED, maskPeriod: [0.5, 0.8], warpPeriod: [0, 0.4] }],
];

const folder = mkdtempSync(join(tmpdir(), 'rerender-ablation-'));
console.log(`| ${preset}, frames ${range} | ${ROWS.map(([name]) => name).join(' | ')} |`);
console.log(`|${' --- |'.repeat(ROWS.length + 1)}`);
try {
  for (const input of clips) {
    const cells: string[] = [];
    for (const [index, [, options]] of ROWS.entries()) {
      const output = join(folder, `${index}.mp4`);
      const common = { input, output, size, frames };
      await rerender({ ...common, preset, workDir: join(folder, 'work'), overwrite: true, audio: false, ...options });
      const { warpError, flicker, drift } = (await metrics(common)).summary;
      const steadiness = [(1e4 * (warpError?.output ?? Number.NaN)).toFixed(2), (flicker?.output ?? Number.NaN).toFixed(3)];
      cells.push(`${steadiness.join(' / ')} (${drift.mean.toFixed(1)})`);
    }
    console.log(`| ${basename(input)} | ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
