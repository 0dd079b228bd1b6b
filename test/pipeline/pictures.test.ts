// Pictures as artifacts: what is stored, and that all of it comes back.
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packPictures, unpackPictures } from '../../pipeline/steps/pictures.ts';
import { packed } from '../stages/plain/pictures.ts';

/** Bytes of pictures that are smooth, rough, or both. */
const picture = (width: number, height: number, seed: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const rough = Math.imul(i + seed, 0x9e3779b1) >>> 24;
    return (seed & 1 ? 0 : i >> 2) + (i % 64 < 32 ? rough >> (seed & 7) : 0);
  }),
});

const plainOf = ({ width, height, data }: { width: number; height: number; data: Uint8Array }) => ({ width, height, data: [...data] });

test('pictures are packed as by the twin, and come out as they went in', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 9999 }),
      async (width, height, count, seed) => {
        const pictures = Array.from({ length: count }, (_, n) => picture(width, height, seed + n));
        const bytes = packPictures(pictures);
        expect([...bytes.subarray(bytes.indexOf(10) + 1)]).toEqual(pictures.flatMap(({ data }) => packed(data, 3 * width)));
        expect((await unpackPictures(bytes)).map(plainOf)).toEqual(pictures.map(plainOf));
      },
    ),
    { numRuns: 60 },
  ));

test('noise takes hardly more than its own bytes, a plain picture next to none', () => {
  const noise = { width: 64, height: 64, data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.imul(i + 1, 0x85ebca6b) >>> 23) };
  expect(packPictures([noise]).length).toBeLessThan(1.05 * noise.data.length);
  const plain = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(200) };
  expect(packPictures([plain]).length).toBeLessThan(0.05 * plain.data.length);
});

test('what earlier versions packed is read: pixels as they are', async () => {
  const data = Uint8Array.from({ length: 2 * 18 }, (_, i) => 7 * i);
  const packed = Buffer.concat([Buffer.from('{"count":2,"width":3,"height":2}\n'), deflateSync(data, { level: 1 })]);
  const pictures = await unpackPictures(packed);
  expect(pictures.map(p => [p.width, p.height, ...p.data])).toEqual([0, 1].map(n => [3, 2, ...data.subarray(18 * n, 18 * n + 18)]));
});

test('what earlier versions packed is read: rows less the one above', async () => {
  const { width, height, data } = picture(5, 6, 2);
  const less = Uint8Array.from(data, (byte, p) => byte - (data[p - 3 * width] ?? 0));
  const bytes = Buffer.concat([Buffer.from('{"count":1,"above":[5,6]}\n'), deflateSync(less)]);
  expect((await unpackPictures(bytes)).map(plainOf)).toEqual([{ width, height, data: [...data] }]);
});
