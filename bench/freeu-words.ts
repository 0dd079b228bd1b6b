// What FreeU does to pictures drawn from noise, with the model of training/freeu: pictures of its words under many settings, for
// training/freeu/judge.py to score; a b x s sheet; and the spectra of backbone and skips at each step.
//   npm run freeu-evidence -- MODEL [FOLDER] [--words 40] [--seeds 5] [--steps 20] [--cfg 3] [--only PATTERN] [--no-sheets]
// Each seed draws every word in the next hand: five draw each word as all five hands do.
// FOLDER (default: /tmp/freeu-words) gets drawn.json; SETTING.rgb, bytes [words x seeds, 64, 64, 3]; sheets and spectra.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { contactSheetPng } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';
import type { Conditioning } from '../models/conditioning.ts';
import type { FreeUUse } from '../models/denoise/freeu.ts';
import { openDiffusionModel } from '../models/diffusion-model.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import { generate } from '../pipeline/index.ts';
import type { FreeUSpectra } from '../pipeline/jobs/generate/spectra.ts';
import { drawPicture } from '../stages/pictures/draw.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    words: { type: 'string', default: '40' },
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '20' },
    cfg: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    'no-sheets': { type: 'boolean', default: false },
  },
});
const [folder, out = '/tmp/freeu-words'] = positionals;
if (folder === undefined) throw new Error('give the folder of a model that training/freeu/train_words.py made');
const [count, seeds] = [Number(values.words), Number(values.seeds)];
const [steps, guidance] = [Number(values.steps), Number(values.cfg)];
mkdirSync(out, { recursive: true });

const SIZE = { width: 64, height: 64 };
const HANDS = ['noto', 'twemoji', '3d', 'flat', 'emojione'];
/** The words that the model was trained on, in its own order: `train_words.py` writes them beside it. */
const words = (JSON.parse(readFileSync(join(folder, 'words.json'), 'utf8')) as string[]).slice(0, count);

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

const runtime = await openRuntime({ device: 'cpu' });
const model = await openDiffusionModel(folder, { runtime });
const jobs = Array.from({ length: seeds * words.length }, (_, i) => {
  const [seed, at] = [Math.floor(i / words.length), i % words.length];
  return { word: words[at]!, hand: HANDS[(at + seed) % HANDS.length]!, seed: 1000 * seed + at };
});
const texts = new Map<string, Conditioning>();
for (const prompt of jobs.map(({ word, hand }) => `${word}, ${hand}`)) {
  if (!texts.has(prompt)) texts.set(prompt, (await model.encodeText(['', prompt])).conditioning);
}

/** All pictures of a setting; a picture's noise depends on its seed alone. */
const drawAll = async (freeu: FreeUUse | undefined): Promise<Picture[]> => {
  const pictures: Picture[] = [];
  for (const { word, hand, seed } of jobs) {
    const conditioning = texts.get(`${word}, ${hand}`)!;
    const sampling = { seed, steps, sampler: 'ddim', guidance, freeu } as const;
    pictures.push(await drawPicture(model, conditioning, { size: SIZE, sampling, controls: [] }, { signal: AbortSignal.timeout(600_000) }));
  }
  return pictures;
};

const files: Record<string, string> = {};
for (const [setting, freeu] of SETTINGS) {
  const file = `${setting.replace(/[^\w.]+/g, '-')}.rgb`;
  if (existsSync(join(out, file))) files[setting] = file;
  if (!new RegExp(values.only).test(setting)) continue;
  const begun = performance.now();
  const pictures = await drawAll(freeu);
  writeFileSync(join(out, file), Buffer.concat(pictures.map(({ data }) => data)));
  files[setting] = file;
  const cells = pictures.slice(0, 40).map((picture, i) => ({ picture, label: jobs[i]!.word.slice(0, 10) }));
  writeFileSync(join(out, file.replace('.rgb', '.png')), await contactSheetPng(cells, { columns: 10 }));
  process.stdout.write(`${setting}: ${((performance.now() - begun) / 1000 / pictures.length).toFixed(2)} s a picture\n`);
}
writeFileSync(join(out, 'drawn.json'), JSON.stringify({ words: jobs.map(({ word }) => word), settings: files }, null, 2));
await runtime.close();
if (values['no-sheets']) process.exit();

const common = { model: folder, ...SIZE, steps, cfgScale: guidance, overwrite: true, cache: false };
for (const word of words.slice(0, 3)) {
  const output = join(out, `sweep-${word.replaceAll(' ', '-')}.png`);
  await generate({ ...common, style: `${word}, noto`, output, freeu: '1,1,1,1', freeuSweep: ['b=0.8,1,1.2,1.4,1.6', 's=1.4,1,0.6,0.2'] });
}
for (const [what, freeu] of [
  ['b', '1.6,1.6,1,1'],
  ['s', '1,1,0.2,0.2'],
  ['authors', '1.5,1.6,0.9,0.2'],
] as const) {
  const draw = (freeuSpectrum: string): Promise<unknown> =>
    generate({ ...common, style: `${words[0]}, noto`, output: join(out, 'spectrum.png'), freeu, freeuSpectrum });
  const [plot, numbers] = [join(out, `words-${what}.svg`), join(out, `words-${what}.json`)];
  await draw(plot);
  await sharp(plot).png({ palette: true, colours: 32 }).toFile(plot.replace('.svg', '.png'));
  await draw(numbers);
  const { runs } = JSON.parse(readFileSync(numbers, 'utf8')) as FreeUSpectra;
  for (const { step, latent } of runs.withFreeU) {
    const other = runs.without.find(one => one.step === step)!;
    const moved = (['low', 'high'] as const).map(band => ((latent[band] ?? 0) - (other.latent[band] ?? 0)).toFixed(3));
    process.stdout.write(`${what} step ${step}: latent low ${moved[0]} high ${moved[1]}\n`);
  }
}
