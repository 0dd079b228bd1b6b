// A moving picture of a clip whose results a wipe uncovers, one preset after the other, for the README:
//   npx tsx scripts/wipe.ts [CLIP FILE WIDTHxHEIGHT PRESETS STEP]
// PRESETS by commas; every STEP-th frame is shown, as wide as WIDTH, the upper HEIGHT rows of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Picture } from '../media/frame.ts';
import { textLine } from '../media/glyphs.ts';
import { openClip } from '../media/index.ts';
import { shrinkPicture } from '../media/picture.ts';
import { rerender } from '../pipeline/index.ts';

const [clip = 'examples/lakeside.mp4', file = 'docs/images/wipe.webp', sides = '320x180', presets = 'vangogh,comic', every = '4'] =
  process.argv.slice(2);
const [width, rows] = sides.split('x').map(Number) as [number, number];
const step = Number(every);
const SHOWN = 10; // pictures a preset: the wipe goes over and back

const raw = ({ data, ...size }: Picture) => ({
  input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  raw: { width: size.width, height: size.height, channels: 3 as const },
});

const last = step * SHOWN * presets.split(',').length - 1;

const upper = ({ data, ...size }: Picture): Picture => ({
  width: size.width,
  height: Math.min(rows, size.height),
  data: data.subarray(0, 3 * size.width * rows),
});

/** The frames of a clip that are shown, small. */
const framesOf = async (path: string): Promise<Picture[]> => {
  const found: Picture[] = [];
  let at = 0;
  for await (const frame of (await openClip(path)).frames()) {
    if (at > last) break;
    if (at++ % step === 0) found.push(upper(await shrinkPicture(frame, width)));
  }
  return found;
};

/** Source on the left of the line, result on its right, each with its name. */
const wiped = async (source: Picture, result: Picture, name: string, share: number): Promise<Buffer> => {
  const [line, { height }] = [Math.min(width - 2, Math.max(0, Math.round(share * width))), source];
  const label = (text: string) => raw(textLine(text, 8 * text.length + 4, 1));
  const left = { ...label('source'), left: 0, top: height - 9 };
  const right = { ...label(name), left: width - 8 * name.length - 4, top: height - 9 };
  const { input, raw: size } = raw(result);
  const over = await sharp(raw(source).input, { raw: size })
    .extract({ left: 0, top: 0, width: Math.max(1, line), height })
    .png()
    .toBuffer();
  const rule = { create: { width: 2, height, channels: 3 as const, background: 'white' } };
  return sharp(input, { raw: size })
    .composite([{ input: over, left: 0, top: 0 }, left, right, { input: rule, left: line, top: 0 }])
    .png()
    .toBuffer();
};

const folder = mkdtempSync(join(tmpdir(), 'rerender-wipe-'));
try {
  const sources = await framesOf(clip);
  const pages: Buffer[] = [];
  for (const preset of presets.split(',')) {
    const output = join(folder, `${preset}.mp4`);
    await rerender({ input: clip, preset, output, frames: [0, last], workDir: join(folder, 'work'), crf: 12 });
    const results = await framesOf(output);
    for (let i = 0; i < SHOWN; i++) {
      const at = pages.length % sources.length;
      pages.push(await wiped(sources[at]!, results[at]!, preset, 0.5 + 0.5 * Math.cos((2 * Math.PI * i) / SHOWN)));
    }
  }
  await sharp(pages, { join: { animated: true } })
    .webp({ quality: 60, effort: 6, loop: 0, delay: pages.map(() => 160) })
    .toFile(file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(file);
