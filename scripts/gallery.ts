// Draws one frame of a clip in presets of the embedded model, beside its source: npm run gallery [-- CLIP FRAME SHEET PRESETS WIDTH]
// Presets by commas, default all.
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

const [clip = 'examples/lakeside.mp4', frame = '40', sheet = 'docs/images/styles.jpg', presets, wide = '320'] = process.argv.slice(2);
const [at, WIDTH] = [Number(frame), Number(wide)]; // WIDTH: pixels a cell
const names = presets?.split(',') ?? Object.keys(PRESETS).filter(name => PRESETS[name]!.style);

const ffmpeg = await findFfmpeg({ env: process.env });
const info = await probe(clip, ffmpeg, {});
const folder = mkdtempSync(join(tmpdir(), 'rerender-gallery-'));
const cells: Cell[] = [];
try {
  for await (const picture of decodeFrames(info, { ffmpeg, width: info.width, height: info.height, range: { frames: [at, at] } }))
    cells.push({ label: 'source', picture: await shrinkPicture(picture, WIDTH) });
  for (const preset of names) {
    const output = join(folder, preset);
    await keyframes({ input: clip, preset, frames: [at, at], output, workDir: join(folder, 'work') });
    const picture = await readPicture(join(output, 'keyframe-000000.png')); // numbers count in the range
    cells.push({ label: preset, picture: await shrinkPicture(picture, WIDTH) });
  }
  await contactSheet(sheet, cells, { columns: 4 });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(sheet);
