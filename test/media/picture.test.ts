// Still pictures and contact sheets.
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { contactSheet } from '../../media/contact-sheet.ts';
import type { Picture } from '../../media/frame.ts';
import { TEXT_HEIGHT, textLine } from '../../media/glyphs.ts';
import { readPicture, shrinkPicture, writePng } from '../../media/picture.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();

const flat = (width: number, height: number, colour: readonly number[]): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, p) => colour[p % 3]!),
});

const pixel = ({ width, data }: Picture, x: number, y: number): number[] => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

it('reads what it writes, bit for bit', async () => {
  const picture: Picture = { width: 7, height: 5, data: Uint8Array.from({ length: 105 }, (_, p) => (p * 37) & 255) };
  await writePng(join(folder, 'a.png'), picture);
  expect(await readPicture(join(folder, 'a.png'))).toEqual({ ...picture, data: Buffer.from(picture.data) });
});

it('reads grey, transparent and turned pictures as upright RGB', async () => {
  await sharp({ create: { width: 4, height: 2, channels: 4, background: { r: 10, g: 20, b: 30, alpha: 1 } } })
    .png()
    .toFile(join(folder, 'b.png'));
  expect(pixel(await readPicture(join(folder, 'b.png')), 3, 1)).toEqual([10, 20, 30]);
  await sharp(Buffer.alloc(8, 99), { raw: { width: 4, height: 2, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(join(folder, 'c.png'));
  expect(pixel(await readPicture(join(folder, 'c.png')), 0, 0)).toEqual([99, 99, 99]);
  await sharp(Buffer.from(flat(4, 2, [5, 6, 7]).data), { raw: { width: 4, height: 2, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(join(folder, 'd.png'));
  expect(await readPicture(join(folder, 'd.png'))).toMatchObject({ width: 2, height: 4 });
});

it('shrinks wide pictures only', async () => {
  const picture = flat(64, 32, [9, 8, 7]);
  expect(await shrinkPicture(picture, 64)).toBe(picture);
  expect(await shrinkPicture(picture, 16)).toMatchObject({ width: 16, height: 8 });
});

it('lays cells out in rows, each over its label', async () => {
  const file = join(folder, 'sheet.png');
  const cells = [
    { label: 'red', picture: flat(20, 10, [255, 0, 0]) },
    { label: 'green', picture: flat(20, 10, [0, 255, 0]) },
    { label: 'blue', picture: flat(12, 10, [0, 0, 255]) },
  ];
  await contactSheet(file, cells, { columns: 2 });
  const sheet = await readPicture(file);
  const [stepX, stepY] = [20 + 4, 10 + TEXT_HEIGHT + 4];
  expect([sheet.width, sheet.height]).toEqual([4 + 2 * stepX, 4 + 2 * stepY]);
  expect(pixel(sheet, 6, 6)).toEqual([255, 0, 0]);
  expect(pixel(sheet, 6 + stepX, 6)).toEqual([0, 255, 0]);
  expect(pixel(sheet, 6, 6 + stepY)).toEqual([0, 0, 255]);
  expect(pixel(sheet, 4 + 16, 6 + stepY)).toEqual([0, 0, 0]);
  const label = sheet.data.filter(
    (value, p) => value === 255 && Math.floor(p / 3 / sheet.width) >= 14 && Math.floor(p / 3 / sheet.width) < 23,
  );
  expect(label.length).toBeGreaterThan(60);
});

it('draws known letters, and blanks for others', () => {
  const lit = (text: string) => textLine(text, 6, 1).data.filter(value => value === 255).length / 3;
  expect(lit('I')).toBe(11); // two serifs of three, a stem of five
  expect(lit('i')).toBe(lit('I'));
  expect(lit('\u00e9')).toBe(0);
  expect(textLine('long text', 10, 2)).toMatchObject({ width: 10, height: 2 * TEXT_HEIGHT });
});

it('an empty sheet is a picture, too', async () => {
  await contactSheet(join(folder, 'none.png'), []);
  expect((await readPicture(join(folder, 'none.png'))).width).toBeGreaterThan(0);
});
