// What FreeU does to pictures drawn from noise, with rerender-words: pictures of its words under many settings, for
// training/freeu/judge.py to score; the settings in rows; b x s sheets; and the spectra of backbone and skips at each step.
//   npm run freeu-evidence -- [FOLDER] [--model MODEL] [--words 164] [--seeds 1] [--steps 20] [--cfg 3] [--only PATTERN] [--no-sheets]
// Each seed draws every word in the next hand: five draw each word as all five hands do.
// FOLDER (default: /tmp/freeu-words) gets drawn.json; SETTING.rgb, bytes [words x seeds, 64, 64, 3]; rows.jpg, sheets and spectra. What
// lies there is kept, so that the same command goes on where it was stopped, or draws what another --only asks for.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { wordsModel } from '../config/paths.ts';
import { contactSheet } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';
import type { FreeUUse } from '../models/denoise/freeu.ts';
import { generate } from '../pipeline/index.ts';
import type { FreeUSpectra } from '../pipeline/jobs/generate/spectra.ts';
import { spectrumPlot } from '../pipeline/jobs/generate/spectrum-plot.ts';
import { HANDS, inRow, openWords, SIZE } from './words/draw.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: wordsModel },
    words: { type: 'string', default: '164' },
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '20' },
    cfg: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    'no-sheets': { type: 'boolean', default: false },
  },
});
const [out = '/tmp/freeu-words'] = positionals;
const { model } = values;
const [count, seeds] = [Number(values.words), Number(values.seeds)];
const [steps, guidance] = [Number(values.steps), Number(values.cfg)];
mkdirSync(out, { recursive: true });

type Factors = readonly [b1: number, b2: number, s1: number, s2: number];
const freeuOf = ([b1, b2, s1, s2]: Factors, version: number): FreeUUse => ({ b1, b2, s1, s2, version });
const AUTHORS: readonly (readonly [string, Factors, ...number[]])[] = [
  ["the authors' for SD 1.4", [1.3, 1.4, 0.9, 0.2], 1, 2],
  ["the authors' for SD 1.5", [1.5, 1.6, 0.9, 0.2], 1, 2],
];
const SWEEP: readonly (readonly [string, Factors, ...number[]])[] = [
  ['lower range', [1.1, 1.2, 0.9, 0.2], 2],
  ['b alone, 1.2', [1.2, 1.2, 1, 1], 1],
  ['b alone, 1.6', [1.6, 1.6, 1, 1], 1, 2],
  ['s alone, 0.2', [1, 1, 0.2, 0.2], 2],
  ['b below 1', [0.8, 0.8, 1, 1], 1],
  ['s above 1', [1, 1, 1.4, 1.4], 2],
];
const SETTINGS: readonly (readonly [string, FreeUUse | undefined])[] = [
  ['off', undefined],
  ...[...AUTHORS, ...SWEEP].flatMap(([what, factors, ...versions]) =>
    versions.map(v => [`${what}: ${factors.join(', ')} (version ${v})`, freeuOf(factors, v)] as const),
  ),
];

const drawer = await openWords(model);
const words = drawer.words.slice(0, count);
const jobs = Array.from({ length: seeds * words.length }, (_, i) => {
  const [seed, at] = [Math.floor(i / words.length), i % words.length];
  return { word: words[at]!, hand: HANDS[(at + seed) % HANDS.length]!, seed: 1000 * seed + at, steps, guidance };
});

const asked = JSON.stringify({ model, jobs });
const askedFile = join(out, 'asked.json');
if (existsSync(askedFile) && readFileSync(askedFile, 'utf8') !== asked)
  throw new Error(`${out} has pictures of another model, or of other words, seeds, steps or guidance: name another folder`);
writeFileSync(askedFile, asked);

const files: Record<string, string> = {};
for (const [setting, freeu] of SETTINGS) {
  const file = `${setting.replace(/[^\w.]+/g, '-')}.rgb`;
  const path = join(out, file);
  if (!existsSync(path) && new RegExp(values.only).test(setting)) {
    const begun = process.cpuUsage();
    const pictures: Picture[] = [];
    for (const job of jobs) pictures.push(await drawer.draw({ ...job, freeu }));
    const { user, system } = process.cpuUsage(begun);
    writeFileSync(`${path}.part`, Buffer.concat(pictures.map(({ data }) => data)));
    renameSync(`${path}.part`, path);
    process.stdout.write(`${setting}: ${((user + system) / 1e6 / pictures.length).toFixed(2)} CPU seconds a picture\n`);
  }
  if (existsSync(path)) files[setting] = file;
}
writeFileSync(join(out, 'drawn.json'), JSON.stringify({ words: jobs.map(({ word }) => word), settings: files }, null, 2));
await drawer.close();

const SHOWN = 'heart,cactus,cat,penguin,ladybug,umbrella,rocket,car,house,castle,bus,monkey'.split(',');
const BYTES = 3 * SIZE.width * SIZE.height;
const columns = SHOWN.map(word => words.indexOf(word)).filter(at => at >= 0); // of the first seed
const rows = Object.entries(files).map(([label, file]) => {
  const bytes = readFileSync(join(out, file));
  return { label, picture: inRow(columns.map(at => ({ ...SIZE, data: bytes.subarray(at * BYTES, (at + 1) * BYTES) }))) };
});
await contactSheet(join(out, 'rows.jpg'), rows, { columns: 1, scale: 1 });
if (values['no-sheets']) process.exit();

const common = { model, ...SIZE, steps, cfgScale: guidance, overwrite: true, cache: false };
for (const word of words.slice(0, 3)) {
  const output = join(out, `sweep-${word.replaceAll(' ', '-')}.png`);
  await generate({ ...common, style: `${word}, noto`, output, freeu: '1,1,1,1', freeuSweep: ['b=0.8,1,1.2,1.4,1.6', 's=1.4,1,0.6,0.2'] });
}
for (const [what, freeu] of [
  ['b', '1.6,1.6,1,1'],
  ['s', '1,1,0.2,0.2'],
  ['authors', '1.5,1.6,0.9,0.2'],
] as const) {
  const numbers = join(out, `words-${what}.json`);
  await generate({ ...common, style: `${words[0]}, noto`, output: join(out, 'spectrum.png'), freeu, freeuSpectrum: numbers });
  const spectra = JSON.parse(readFileSync(numbers, 'utf8')) as FreeUSpectra;
  const { runs } = spectra;
  await sharp(Buffer.from(spectrumPlot(spectra)))
    .png({ palette: true, colours: 32 })
    .toFile(join(out, `words-${what}.png`));
  for (const { step, latent } of runs.withFreeU) {
    const other = runs.without.find(one => one.step === step)!;
    const moved = (['low', 'high'] as const).map(band => ((latent[band] ?? 0) - (other.latent[band] ?? 0)).toFixed(3));
    process.stdout.write(`${what} step ${step}: latent low ${moved[0]} high ${moved[1]}\n`);
  }
}
