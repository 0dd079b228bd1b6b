// What FreeU does to pictures drawn from noise, with the model of training/freeu: pictures of its words under many settings, for
// training/freeu/judge.py to score; a b x s sheet; and the spectra of backbone and skips at each step.
//   npx tsx bench/freeu-words.ts MODEL [FOLDER] [--words 100] [--seeds 2] [--steps 20] [--cfg 3] [--only TEXT] [--no-sheets]
// FOLDER (default: /tmp/freeu-words) gets drawn.json; SETTING.rgb, bytes [words x seeds, 64, 64, 3]; sheets and spectra.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { contactSheetPng } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';
import type { FreeUUse } from '../models/denoise/freeu.ts';
import { openDiffusionModel } from '../models/diffusion-model.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import { generate } from '../pipeline/index.ts';
import type { FreeUSpectra } from '../pipeline/jobs/generate/spectra.ts';
import { drawPicture } from '../stages/pictures/draw.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    words: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '2' },
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
const AUTHORS: readonly (readonly [string, Factors])[] = [
  ["the authors' for SD 1.4", [1.3, 1.4, 0.9, 0.2]],
  ["the authors' for SD 1.5", [1.5, 1.6, 0.9, 0.2]],
  ["the authors' for SD 2.1", [1.4, 1.6, 0.9, 0.2]],
];
const SWEEP: readonly (readonly [string, Factors])[] = [
  ['lower range', [1.1, 1.2, 0.9, 0.2]],
  ['b alone, 1.2', [1.2, 1.2, 1, 1]],
  ['b alone, 1.6', [1.6, 1.6, 1, 1]],
  ['s alone, 0.9 0.2', [1, 1, 0.9, 0.2]],
  ['s alone, 0.2 0.2', [1, 1, 0.2, 0.2]],
  ['b below 1, 0.8', [0.8, 0.8, 1, 1]],
  ['s above 1, 1.4', [1, 1, 1.4, 1.4]],
];
const name = (what: string, factors: Factors, version: number): string => `${what}: ${factors.join(', ')} (version ${version})`;
const SETTINGS: readonly (readonly [string, FreeUUse | undefined])[] = [
  ['off', undefined],
  ...AUTHORS.flatMap(([what, factors]) => [1, 2].map(v => [name(what, factors, v), freeuOf(factors, v)] as const)),
  ...SWEEP.flatMap(([what, factors]) => (factors[0] === 1 ? [2] : [1, 2]).map(v => [name(what, factors, v), freeuOf(factors, v)] as const)),
];

const runtime = await openRuntime({ device: 'cpu' });
const model = await openDiffusionModel(folder, { runtime });
const jobs = Array.from({ length: seeds * words.length }, (_, i) => {
  const [seed, at] = [Math.floor(i / words.length), i % words.length];
  return { word: words[at]!, hand: HANDS[at % HANDS.length]!, seed: 1000 * seed + at };
});

/** All pictures of a setting; a picture's noise depends on its seed alone. */
const drawAll = async (freeu: FreeUUse | undefined): Promise<Picture[]> => {
  const pictures: Picture[] = [];
  for (const { word, hand, seed } of jobs) {
    const { conditioning } = await model.encodeText(['', `${word}, ${hand}`]);
    const sampling = { seed, steps, sampler: 'ddim', guidance, freeu } as const;
    pictures.push(await drawPicture(model, conditioning, { size: SIZE, sampling, controls: [] }, { signal: AbortSignal.timeout(600_000) }));
  }
  return pictures;
};

const files: Record<string, string> = {};
for (const [setting, freeu] of SETTINGS) {
  const file = `${setting.replace(/[^\w.]+/g, '-')}.rgb`;
  files[setting] = file;
  if (!setting.includes(values.only)) continue;
  const begun = performance.now();
  const pictures = await drawAll(freeu);
  writeFileSync(join(out, file), Buffer.concat(pictures.map(({ data }) => data)));
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
  await generate({ ...common, style: `${word}, noto`, output, freeuSweep: ['b=0.8,1,1.2,1.4,1.6', 's=1.4,1,0.6,0.2'] });
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
