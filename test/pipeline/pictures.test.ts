import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packPictures, unpackPictures } from '../../pipeline/steps/pictures.ts';

test('packed pictures come out as they went in', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer(),
      async (width, height, count, seed) => {
        const pictures = Array.from({ length: count }, (_, n) => ({
          width,
          height,
          data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (seed + n * 31 + i * 7) & 255),
        }));
        const out = await unpackPictures(await packPictures(pictures));
        expect(out.map(p => ({ ...p, data: [...p.data] }))).toEqual(pictures.map(p => ({ ...p, data: [...p.data] })));
      },
    ),
    { numRuns: 30 },
  ));

test('what earlier versions packed is read: pixels as they are', async () => {
  const data = Uint8Array.from({ length: 2 * 18 }, (_, i) => 7 * i);
  const packed = Buffer.concat([Buffer.from('{"count":2,"width":3,"height":2}\n'), deflateSync(data, { level: 1 })]);
  const pictures = await unpackPictures(packed);
  expect(pictures.map(p => [p.width, p.height, ...p.data])).toEqual([0, 1].map(n => [3, 2, ...data.subarray(18 * n, 18 * n + 18)]));
});

test.each([4, 5])('what is packed is rows less the one above, also where they are worked on by words (width %i)', async width => {
  const data = Uint8Array.from({ length: 3 * width * 6 }, (_, i) => (i * i * 37) & 255);
  const packed = await packPictures([{ width, height: 6, data }]);
  expect([...inflateSync(packed.subarray(packed.indexOf(10) + 1))]).toEqual([
    ...data.map((byte, p) => (p < 3 * width ? byte : byte - data[p - 3 * width]!)),
  ]);
});
