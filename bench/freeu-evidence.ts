// What b and s do to the embedded model's pictures: by how many levels each setting moves one, with and without its ControlNet, and the
// pictures of docs/freeu.md: what is drawn, what differs, and the spectra of backbone and skips at each step for b alone and for s alone.
//   npx tsx bench/freeu-evidence.ts [FOLDER] [FRAME]     writes there (default: /tmp/freeu-evidence); the frame: examples/lakeside.mp4@0.5
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PartialOptions } from '../config/options.ts';
import { packageRoot } from '../config/paths.ts';
import { contactSheetPng } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';
import { readPicture, shrinkPicture } from '../media/picture.ts';
import { generate } from '../pipeline/index.ts';
import type { FreeUSpectra } from '../pipeline/jobs/generate/spectra.ts';

const [folder = '/tmp/freeu-evidence', init = join(packageRoot, 'examples', 'lakeside.mp4@0.5')] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

type Setting = readonly [name: string, options: PartialOptions];
const SETTINGS: readonly Setting[] = [
  ['1.1,1.2,1,0.9 (its advice)', { freeu: '1.1,1.2,1,0.9' }],
  ["1.5,1.6,0.9,0.2 (the authors' for 1.5)", { freeu: 'authors' }],
  ['b alone: 1.6,1.6,1,1', { freeu: '1.6,1.6,1,1' }],
  ['s alone: 1,1,0,0', { freeu: '1,1,0,0' }],
  ['stage 1 alone: 1.6,1,0,1', { freeu: '1.6,1,0,1' }],
  ['stage 2 alone: 1,1.6,1,0', { freeu: '1,1.6,1,0' }],
  ['up block 2 as a third stage: b 1.6, s 0', { freeu: '1,1,1,1', freeuStage: ['3:b=1.6,s=0'] }],
  ['outermost level as a third stage: b 1.6', { freeu: '1,1,1,1', freeuStages: 'channels', freeuStage: ['3:b=1.6'] }],
  ['outermost level as a third stage: s 0', { freeu: '1,1,1,1', freeuStages: 'channels', freeuStage: ['3:s=0'] }],
  ['all of the backbone of stages 1, 2 times 0', { freeu: '0,0,1,1', freeuVersion: 1, freeuStage: ['1:width=1', '2:width=1'] }],
];

const draw = async (name: string, options: PartialOptions): Promise<Picture> => {
  const output = join(folder, `${name}.png`);
  await generate({ style: 'a watercolor painting', init, size: 256, output, overwrite: true, cache: false, ...options });
  return readPicture(output);
};

/** Mean and largest absolute difference in levels of 255. */
const apart = (a: Picture, b: Picture): { readonly mean: number; readonly most: number } => {
  let [sum, most] = [0, 0];
  a.data.forEach((value, i) => {
    const difference = Math.abs(value - b.data[i]!);
    sum += difference;
    most = Math.max(most, difference);
  });
  return { mean: sum / a.data.length, most };
};

const GAIN = 8;

/** Grey where both are alike, eight times the difference around it. */
const differencePicture = (a: Picture, b: Picture): Picture => ({
  ...a,
  data: Uint8Array.from(a.data, (value, i) => Math.min(255, Math.max(0, 128 + GAIN * (value - b.data[i]!)))),
});

const WIDTH = 288; // pixels of a picture on the sheet

/** The settings that docs/freeu.md shows, and their labels. */
const SHOWN: Readonly<Record<string, string>> = {
  "1.5,1.6,0.9,0.2 (the authors' for 1.5)": "the authors' 1.5,1.6,0.9,0.2",
  'all of the backbone of stages 1, 2 times 0': 'backbone of stages 1, 2 times 0',
  'outermost level as a third stage: b 1.6': 'third stage: b 1.6',
  'outermost level as a third stage: s 0': 'third stage: s 0',
};

const drawn: { readonly label: string; readonly picture: Picture }[] = [];
const differences: { readonly label: string; readonly picture: Picture }[] = [];
for (const control of [['tile'], ['none']]) {
  const off = await draw('off', { control, freeu: 'off' });
  if (control[0] === 'tile') {
    drawn.push({ label: 'off', picture: await shrinkPicture(off, WIDTH) });
    differences.push({ label: 'difference times 8', picture: await shrinkPicture(differencePicture(off, off), WIDTH) });
  }
  for (const [name, options] of SETTINGS) {
    const picture = await draw('on', { control, ...options });
    const { mean, most } = apart(picture, off);
    process.stdout.write(`${control[0]!.padEnd(5)} ${name.padEnd(45)} ${mean.toFixed(2).padStart(6)} levels, at most ${most}\n`);
    const label = SHOWN[name];
    if (control[0] !== 'tile' || label === undefined) continue;
    drawn.push({ label, picture: await shrinkPicture(picture, WIDTH) });
    differences.push({ label: `mean ${mean.toFixed(1)} of 255`, picture: await shrinkPicture(differencePicture(picture, off), WIDTH) });
  }
}
const sheet = await contactSheetPng([...drawn, ...differences], { columns: drawn.length });
await sharp(sheet).toFile(join(folder, 'freeu-differences.png'));
await sharp(sheet).jpeg({ quality: 80 }).toFile(join(folder, 'freeu-differences.jpg'));

for (const [name, freeu] of [
  ['b', '1.6,1.6,1,1'],
  ['s', '1,1,0.2,0.2'],
] as const) {
  const file = join(folder, `freeu-${name}.svg`);
  await draw('spectrum', { freeu, freeuSpectrum: file });
  await sharp(file)
    .png({ palette: true, colours: 32 })
    .toFile(join(folder, `freeu-${name}.png`));
  const numbers = join(folder, `freeu-${name}.json`);
  await draw('spectrum', { freeu, freeuSpectrum: numbers });
  const { runs } = JSON.parse(readFileSync(numbers, 'utf8')) as FreeUSpectra;
  for (const { step, sites, latent } of runs.withFreeU) {
    const other = runs.without.find(one => one.step === step)!;
    const text = sites.map(({ site, backbone, skip }) => {
      const by = ({ before, after }: typeof backbone, band: 'low' | 'high'): string =>
        ((after[band] ?? 0) - (before[band] ?? 0)).toFixed(2);
      const both = (of: typeof backbone): string => `low ${by(of, 'low')} high ${by(of, 'high')}`;
      return `${site}: backbone ${both(backbone)}, skip ${both(skip)}`;
    });
    const moved = (['low', 'high'] as const).map(band => ((latent[band] ?? 0) - (other.latent[band] ?? 0)).toFixed(3));
    process.stdout.write(`${name} step ${step}: ${text.join('; ')}; latent low ${moved[0]} high ${moved[1]}\n`);
  }
}
