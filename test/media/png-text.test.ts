// Texts inside PNGs: written, read, packed, damaged.
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { crc32OfPng } from '../../media/crc32.ts';
import { pngTexts, withPngText } from '../../media/png-text.ts';

let png: Buffer;
beforeAll(async () => {
  png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
});

const withChunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32OfPng(body));
  return Buffer.concat([png.subarray(0, 33), length, body, check, png.subarray(33)]);
};
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('a text', () => {
  test.each(['a boat, grey\nSteps: 2', '水彩 boat'])('comes back as it was written: %j', text => {
    expect(pngTexts(withPngText(png, 'parameters', text), 'a.png').get('parameters')).toBe(text);
  });

  test('may be packed, or in another language', () => {
    const packed = deflateSync(Buffer.from('packed ü', 'latin1'));
    expect(pngTexts(withChunk('zTXt', Buffer.concat([bytes('k\0\0'), packed])), 'a').get('k')).toBe('packed ü');
    const international = Buffer.concat([bytes('k\0\x01\0de\0Wort\0'), deflateSync(Buffer.from('水', 'utf8'))]);
    expect(pngTexts(withChunk('iTXt', international), 'a').get('k')).toBe('水');
    expect(pngTexts(withChunk('iTXt', Buffer.concat([bytes('k\0\0\0\0\0'), Buffer.from('水', 'utf8')])), 'a').get('k')).toBe('水');
  });

  test('is not there in a PNG without one', () => {
    expect([...pngTexts(png, 'a.png').keys()]).toEqual([]);
  });
});

describe('what is no whole PNG is told', () => {
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(withPngText(png, 'parameters', 'a boat'));
    copy[at]! ^= 1;
    return copy;
  };
  test.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
    ['a JPEG', () => sharp(png).jpeg().toBuffer(), /^a\.png is a JPEG: .* read from PNGs alone/],
    ['a WebP', () => sharp(png).webp().toBuffer(), /is a WebP or AVI/],
    ['nothing', () => Buffer.alloc(0), /is empty/],
    ['a text file', () => bytes('hello'), /is no PNG/],
    ['a cut file', () => png.subarray(0, 40), /damaged at byte 33: a chunk .*cut short/],
    ['a header alone', () => png.subarray(0, 10), /damaged at byte 8: a chunk is cut short/],
    ['a changed text', () => flipped(48), /damaged at byte 33: its text does not match its checksum/],
    ['a bomb', () => withChunk('zTXt', Buffer.concat([bytes('k\0\0'), deflateSync(Buffer.alloc(4 << 20))])), /more than 1048576 bytes/],
    ['a packing that is none', () => withChunk('zTXt', bytes('k\0\0xyz')), /damaged at byte 33/],
    ['a keyword without end', () => withChunk('tEXt', bytes('keyword')), /its keyword has no end/],
  ])('%s', async (_, make, message) => {
    const file = await make();
    expect(() => pngTexts(file, 'a.png')).toThrow(message);
    expect(() => pngTexts(file, 'a.png')).toThrow(expect.objectContaining({ code: 'PNG_TEXT', exitCode: 4 }));
  });
});
