// Paints on key frames and lets that be carried and followed, for docs/images/painted.jpg: npx tsx scripts/painted.ts [SHEET]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cell, contactSheet } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';
import { shrinkPicture, writePng } from '../media/picture.ts';
import { openSession, type PartialOptions } from '../pipeline/index.ts';

const [sheet = 'docs/images/painted.jpg'] = process.argv.slice(2);
const SHOWN = [0, 10, 20, 30];
/** The middle of the balloon in the key frames that get a face, pixels. */
const FACES = { 0: { x: 291, y: 68 }, 30: { x: 291, y: 60 } } as const;

/** Which colour a stroke has at a place beside the middle of the face; undefined where nothing is painted. */
const stroke = (x: number, y: number): readonly number[] | undefined => {
  const side = Math.abs(x);
  const eye = Math.hypot(side - 8, y + 9);
  if (eye < 2.2) return [0, 0, 0];
  if (eye < 4.6) return [255, 255, 255];
  const bow = 4 * Math.sin((side / 22) * Math.PI * 1.35); // falls from the middle, turns up at the tips
  const thick = 5.2 * Math.sqrt(Math.max(0, 1 - side / 22));
  return side < 22 && Math.abs(y - 5 - bow) < thick ? [24, 14, 8] : undefined;
};

/** A picture with each pixel as it is repainted, if it is. */
const repainted = (
  { data, width, height }: Picture,
  paint: (x: number, y: number, rgb: readonly number[]) => readonly number[] | undefined,
) => {
  const copy = Uint8Array.from(data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      copy.set(paint(x, y, [...data.subarray(at, at + 3)]) ?? [], at);
    }
  }
  return { width, height, data: copy };
};

/** Evening: the sky, which is blue, turns to rose. */
const evening = (picture: Picture): Picture =>
  repainted(picture, (_x, y, [r, g, b]) => (y < 110 && b! > r! + 25 ? [b!, (g! + r!) / 2.4, (r! + b!) / 2] : undefined));

const folder = mkdtempSync(join(tmpdir(), 'rerender-painted-'));
const style = 'an oil painting';
await using session = await openSession({
  input: 'examples/lakeside.mp4',
  style,
  size: 256,
  frames: [0, 30],
  workDir: join(folder, 'work'),
});

const row = async (label: string, changes: PartialOptions): Promise<Cell[]> => {
  const cells: Cell[] = [];
  let frame = 0;
  for await (const picture of session.frames(await session.plan(changes))) {
    if (SHOWN.includes(frame)) cells.push({ label: `${label} ${frame}`, picture: await shrinkPicture(picture, 288) });
    frame++;
  }
  return cells;
};

try {
  const plan = await session.plan();
  const drawn = async (frame: number): Promise<Picture> => session.get(plan, plan.keyframes.find(key => key.frame === frame)!.picture);
  const save = async (name: string, picture: Picture): Promise<string> => {
    const file = join(folder, `${name}.png`);
    await writePng(file, picture);
    return file;
  };
  const faces: string[] = [];
  for (const [frame, { x, y }] of Object.entries(FACES)) {
    const picture = repainted(await drawn(Number(frame)), (px, py) => stroke(px - x, py - y));
    faces.push(`${frame}=${await save(`face-${frame}`, picture)}`);
  }
  const rows = [
    await row('drawn', {}),
    await row('faces', { keyframe: faces, interval: 30 }),
    await row('evening', { keyframe: [`0=${await save('evening', evening(await drawn(0)))}`], adaPeriod: [0.5, 1] }),
  ];
  await contactSheet(sheet, rows.flat(), { columns: SHOWN.length });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(sheet);
