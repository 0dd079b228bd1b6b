// From opening a model to the end of its first denoising step, by the built package; each time in a process of its own.
//   npm run build && npx tsx bench/first-step.ts [FOLDER] [--size 512] [--times 5]     FOLDER: default the embedded model
import { execFileSync } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { embeddedModel } from '../config/paths.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '512' }, times: { type: 'string', default: '5' } },
});
const [folder = embeddedModel] = positionals;

/** What a process of its own runs: one line of milliseconds. */
const TRIAL = `
  const [models, folder, size] = process.argv.slice(1);
  const begin = performance.now();
  const { openRuntime, openDiffusionModel } = await import(models);
  const imported = performance.now();
  const runtime = await openRuntime({ device: 'cpu' });
  const model = await openDiffusionModel(folder, { runtime });
  const { conditioning } = await model.encodeText(['a watercolor painting']);
  const opened = performance.now();
  const { latentChannels, factor } = model.info;
  const dims = [1, latentChannels, size / factor, size / factor];
  const noise = { dims, data: new Float32Array(dims.reduce((n, d) => n * d)).fill(0.1) };
  let first;
  await model.denoise({ conditioning, noise, steps: 8, guidance: 1, onStep: () => void (first ??= performance.now()) });
  console.log(JSON.stringify([imported - begin, opened - imported, first - opened]));
  await runtime.close();`;

const models = new URL('../dist/models/index.js', import.meta.url).href;
const trials = Array.from({ length: Number(values.times) }, () => {
  const line = execFileSync(execPath, ['--input-type=module', '-e', TRIAL, models, folder, values.size], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  });
  return JSON.parse(line) as [number, number, number];
});
for (const [imported, opened, step] of trials.toSorted((a, b) => a[1] + a[2] - (b[1] + b[2]))) {
  const show = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const parts = `model and prompt ${show(opened)}, step ${show(step)}`;
  console.log(`loading the package ${show(imported)}; opening to the first step ${show(opened + step)}: ${parts}`);
}
