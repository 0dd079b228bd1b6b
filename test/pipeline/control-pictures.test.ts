import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settle } from '../../config/layers.ts';
import type { Frame } from '../../media/frame.ts';
import { writePng } from '../../media/picture.ts';
import { readImages } from '../../pipeline/jobs/generate/image-inputs.ts';
import { checkControlPictures, openControlPictures } from '../../pipeline/session/control-pictures.ts';

const { options } = settle([]);
const signal = new AbortController().signal;
const frame = (index: number, width = 6, height = 4): Frame => ({
  width,
  height,
  index,
  time: 0,
  data: new Uint8Array(width * height * 3),
});
/** A picture of one grey. */
const grey = (value: number) => ({ width: 12, height: 10, data: new Uint8Array(360).fill(value) });

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rerender-controls-'));
  for (const [name, value] of [
    ['2', 20],
    ['10', 100],
    ['1', 10],
  ] as const)
    await writePng(join(folder, `${name}.png`), grey(value));
  writeFileSync(join(folder, 'notes.txt'), 'not a picture');
  mkdirSync(join(folder, 'empty'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder: in the order of the numbers in the names, at the size of the frame', async () => {
  const pictures = await openControlPictures(folder, options, signal);
  expect(pictures.count).toBe(3);
  for (const [index, value] of [10, 20, 100].entries()) {
    const picture = await pictures.at(frame(index), signal);
    expect(picture).toMatchObject({ width: 6, height: 4 });
    expect([...picture.data]).toEqual(Array(72).fill(value));
  }
});

test('one picture serves every frame', async () => {
  const pictures = await openControlPictures(join(folder, '2.png'), options, signal);
  expect([...(await pictures.at(frame(7, 3, 5), signal)).data]).toEqual(Array(45).fill(20));
  expect(() => checkControlPictures([pictures], 99)).not.toThrow();
});

test.each(['shot%03d', 'shot[0-9]', 'sh?t*'])('a picture called %s.png is that picture, and no pattern of others', async name => {
  const home = mkdtempSync(join(folder, 'names-'));
  await writePng(join(home, `${name}.png`), grey(30));
  for (const other of ['shot000', 'shot001', 'shot0', 'shot1']) await writePng(join(home, `${other}.png`), grey(90));
  const pictures = await openControlPictures(join(home, `${name}.png`), options, signal);
  expect(pictures.count).toBe(1);
  for (const index of [0, 1]) expect([...(await pictures.at(frame(index), signal)).data]).toEqual(Array(72).fill(30));
  const named = { ...options, init: join(home, `${name}.png`), controlImage: join(home, `${name}.png`) };
  const { images } = await readImages({ options: named, signal, warn: () => undefined });
  for (const picture of [images.init, images.control]) expect([...picture!.data]).toEqual(Array(360).fill(30));
});

test('a wrong count, an empty folder, a missing path and a damaged picture are told', async () => {
  const pictures = await openControlPictures(folder, options, signal);
  expect(() => checkControlPictures([pictures], 3)).not.toThrow();
  expect(() => checkControlPictures([pictures], 4)).toThrow(/holds 3 pictures for 4 frames: give one for each frame/);
  await expect(openControlPictures(join(folder, 'empty'), options, signal)).rejects.toThrow(/holds no pictures/);
  await expect(openControlPictures(join(folder, 'nowhere'), options, signal)).rejects.toThrow(/There are no control pictures/);
  const damaged = join(folder, 'empty', 'damaged.png');
  writeFileSync(damaged, 'no picture');
  await expect((await openControlPictures(damaged, options, signal)).at(frame(0), signal)).rejects.toThrow(/damaged.png cannot be read/);
});
