// Draws one frame of a clip with the embedded model, beside its source: npm run gallery [-- CLIP FRAME SHEET STYLES WIDTH]
// Styles by semicolons, presets or prompts; default all presets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRESETS } from '../config/presets.ts';
import { type Cell, contactSheet } from '../media/contact-sheet.ts';
import { decodeFrames } from '../media/decode.ts';
import { findFfmpeg } from '../media/ffmpeg.ts';
import { readPicture, shrinkPicture } from '../media/picture.ts';
import { probe } from '../media/probe.ts';
import { keyframes } from '../pipeline/index.ts';

const [clip = 'examples/lakeside.mp4', frame = '40', sheet = 'docs/images/styles.jpg', styles, wide = '320'] = process.argv.slice(2);
const [at, WIDTH] = [Number(frame), Number(wide)]; // WIDTH: pixels a cell
const names = styles?.split(';') ?? Object.keys(PRESETS).filter(name => PRESETS[name]!.style);

const ffmpeg = await findFfmpeg({ env: process.env });
const info = await probe(clip, ffmpeg, {});
const folder = mkdtempSync(join(tmpdir(), 'rerender-gallery-'));
const cells: Cell[] = [];
try {
  for await (const picture of decodeFrames(info, { ffmpeg, width: info.width, height: info.height, range: { frames: [at, at] } }))
    cells.push({ label: 'source', picture: await shrinkPicture(picture, WIDTH) });
  for (const [i, name] of names.entries()) {
    const output = join(folder, String(i));
    const style = name in PRESETS ? { preset: name } : { style: name };
    await keyframes({ input: clip, ...style, frames: [at, at], output, workDir: join(folder, 'work') });
    const picture = await readPicture(join(output, 'keyframe-000000.png')); // numbers count in the range
    cells.push({ label: name, picture: await shrinkPicture(picture, WIDTH) });
  }
  await contactSheet(sheet, cells, { columns: 4 });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(sheet);
