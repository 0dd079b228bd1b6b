// NUT in both directions: what is written here is read by ffmpeg, what ffmpeg writes is read here.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, crc32OfPng } from '../../media/crc32.ts';
import { FfmpegOutputError } from '../../media/errors.ts';
import { everyFrame } from '../../media/ffmpeg.ts';
import { FILE_ID, FLAG, START } from '../../media/nut.ts';
import { type RawFrame, readNut } from '../../media/nut-reader.ts';
import { nutFrameHeader, nutHeader } from '../../media/nut-writer.ts';
import { BINARIES, collect } from './support.ts';

type Clip = { width: number; height: number; num: number; den: number; pts: number[]; frames: Uint8Array[] };

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Small clips with any time base in lowest terms and any rising times. */
const clips = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 30 }),
    base: fc.constantFrom<[number, number]>([1, 25], [1, 1000], [1001, 30000], [1, 90000], [1, 12800], [1, 10000000], [1, 1]),
    start: fc.integer({ min: 0, max: 1e6 }),
    steps: fc.array(fc.integer({ min: 1, max: 40000 }), { maxLength: 5 }),
    seed: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ width, height, base: [num, den], start, steps, seed }): Clip => {
    const pts = [start];
    for (const step of steps) pts.push(pts.at(-1)! + step);
    const frames = pts.map((_, n) => Uint8Array.from({ length: width * height * 3 }, (_, p) => (p * 7 + n * 31 + seed) & 255));
    const common = gcd(num, den);
    return { width, height, num: num / common, den: den / common, pts, frames };
  });

const written = ({ width, height, num, den, pts, frames }: Clip): Uint8Array =>
  Buffer.concat([nutHeader(width, height, { num, den }), ...frames.flatMap((frame, n) => [nutFrameHeader(pts[n]!, frame.length), frame])]);

/** The same bytes in pieces of a size, as a pipe may deliver them. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const sizeOf = ({ width, height }: Clip): number => 3 * width * height;

const seconds = ({ pts, timeBase }: RawFrame): number => (pts * timeBase.num) / timeBase.den;

const expectSame = (frames: readonly RawFrame[], clip: Clip): void => {
  expect(frames.length).toBe(clip.frames.length);
  for (const [n, frame] of frames.entries()) {
    expect(Math.abs(seconds(frame) - (clip.pts[n]! * clip.num) / clip.den)).toBeLessThan(1e-6);
    expect(Buffer.compare(frame.data, clip.frames[n]!)).toBe(0);
  }
};

it('has the published check values of CRC-32', () => {
  // polynomial 0x04C11DB7, start 0, not reflected, no final inversion: CRC-32/MPEG-2 with start 0
  expect(crc32(new Uint8Array(0))).toBe(0);
  expect(crc32(Uint8Array.of(1))).toBe(0x04c11db7);
  const digits = Buffer.from('123456789');
  expect(crc32(digits, 0xffffffff)).toBe(0x0376e6e7); // CRC-32/MPEG-2
  expect(crc32OfPng(digits)).toBe(0xcbf43926); // CRC-32/ISO-HDLC
});

it('reads back what it writes, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(clips, fc.integer({ min: 1, max: 5000 }), async (clip, size) => {
      expectSame(await collect(readNut(pieces(written(clip), size), sizeOf(clip))), clip);
    }),
    { numRuns: 60 },
  );
});

it('gives the whole frames of a file that ends early', async () => {
  await fc.assert(
    fc.asyncProperty(clips, fc.double({ min: 0, max: 1, noNaN: true }), async (clip, part) => {
      const bytes = written(clip);
      const header = nutHeader(clip.width, clip.height, clip).length;
      const end = Math.floor(header + part * (bytes.length - header));
      const frames = await collect(readNut(pieces(bytes.subarray(0, end), 1000), sizeOf(clip)));
      expectSame(frames, { ...clip, frames: clip.frames.slice(0, frames.length) });
      const each = (bytes.length - header) / clip.frames.length;
      expect(frames.length).toBeGreaterThanOrEqual(Math.floor((end - header) / (each + 16)) - 1);
    }),
    { numRuns: 40 },
  );
});

it('refuses what is no NUT', async () => {
  await expect(collect(readNut(pieces(new TextEncoder().encode('x'.repeat(100)), 10), 3))).rejects.toThrow('did not write NUT');
  const damaged = Buffer.concat([Buffer.from(FILE_ID, 'latin1'), Buffer.alloc(100, 7)]);
  await expect(collect(readNut(pieces(damaged, 10), 3))).rejects.toThrow('NUT is damaged');
  expect(await collect(readNut(pieces(new Uint8Array(0), 1), 3))).toEqual([]);
});

const number = (value: number): Buffer => {
  const bytes = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift(128 + (left % 128));
  return Buffer.from(bytes);
};

const packet = (start: bigint, numbers: readonly number[]): Buffer => {
  const code = Buffer.alloc(8);
  code.writeBigUInt64BE(start);
  const body = Buffer.concat(numbers.map(number));
  return Buffer.concat([code, number(body.length), body]);
};

/** A main header with one time base, and a run of frame codes as given. */
const main = (...codes: readonly number[]): Buffer => packet(START.main, [3, 1, 65536, 1, 1, 25, ...codes]);
const head = Buffer.from(FILE_ID, 'latin1');
const code = (count: number, flags: number): number[] => [flags, 6, 0, 1, 0, 0, 0, count];
const file = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat([head, ...parts]);
const ALL = main(...code(255, FLAG.coded));
const STREAM = packet(START.stream, [0, 0, 0, 0, 7]);

it.each<[string, Uint8Array, string]>([
  ['frame codes that never grow', file(main(0, 6, 0, 1, 0, 0, 0, 0)), 'no frame codes'],
  ['a multiplier of 0', file(main(0, 2, 0, 0)), 'no frame codes'],
  ['frame codes without an end', file(main()), 'damaged'],
  ['2^50 fields', file(main(0, 2 ** 50)), 'damaged'],
  ['2^50 time bases', file(packet(START.main, [3, 1, 65536, 2 ** 50])), '1125899906842624 time bases'],
  ['no time base', file(packet(START.main, [3, 1, 65536, 0])), '0 time bases'],
  ['a time base of 0', file(packet(START.main, [3, 1, 65536, 1, 0, 25])), 'a time base of 0'],
  [
    'a header of 2^50 bytes',
    file(Buffer.concat([packet(START.main, []).subarray(0, 8), number(2 ** 50), Buffer.alloc(9)])),
    'a header of 1125899906842624 bytes',
  ],
  ['a number without an end', file(Buffer.concat([packet(START.main, []).subarray(0, 8), Buffer.alloc(50, 0xff)])), 'damaged'],
  ['times of 2^40 bits', file(ALL, packet(START.stream, [0, 0, 0, 0, 2 ** 40])), 'times of'],
  [
    'a frame of 2^50 bytes',
    file(ALL, STREAM, Uint8Array.of(0), number(FLAG.coded | FLAG.sizeMsb), number(2 ** 50)),
    'a frame of 1125899906842624 bytes, not 3',
  ],
  ['a frame of no bytes', file(ALL, STREAM, Uint8Array.of(0), number(FLAG.coded)), 'a frame of 0 bytes, not 3'],
  ['a frame before the headers', file(Uint8Array.of(0)), 'unknown code'],
  ['a syncpoint before the headers', file(packet(START.syncpoint, [5, 0])), 'without a time base'],
])('%s ends with an error of the program', async (_, bytes, message) => {
  const error = await collect(readNut(pieces(bytes, 7), 3)).catch(cause => cause);
  expect(error).toBeInstanceOf(FfmpegOutputError);
  expect(error).toMatchObject({ code: 'FFMPEG_OUTPUT', exitCode: 1, message: expect.stringContaining(message) });
});

it('passes over an index of any length without holding it', async () => {
  const clip: Clip = { width: 1, height: 1, num: 1, den: 25, pts: [0], frames: [Uint8Array.of(1, 2, 3)] };
  const index = Buffer.concat([packet(START.index, []).subarray(0, 8), number(3_000_000), Buffer.alloc(4 + 3_000_000)]);
  expectSame(await collect(readNut(pieces(Buffer.concat([written(clip), index]), 4096), 3)), clip);
  const closed = async (bytes: Uint8Array): Promise<boolean> => {
    const frames = readNut(pieces(bytes, 4096), 3);
    for (;;) {
      const { done, value } = await frames.next();
      if (done) return value;
    }
  };
  expect(await closed(Buffer.concat([written(clip), index]))).toBe(true);
  expect(await closed(Buffer.concat([written(clip), index.subarray(0, -1)]))).toBe(false);
  expect(await closed(written(clip))).toBe(false);
});

for (const { name, tools } of BINARIES) {
  describe.skipIf(!tools)(`${name} ffmpeg`, () => {
    it('reads what is written here, and is read here', async () => {
      await fc.assert(
        fc.asyncProperty(clips, async clip => {
          const args = [
            '-v',
            'error',
            '-copyts',
            '-f',
            'nut',
            '-i',
            '-',
            ...everyFrame(tools!),
            '-enc_time_base',
            `${clip.num}:${clip.den}`,
          ];
          const bytes = execFileSync(tools!.ffmpeg.path, [...args, '-c:v', 'rawvideo', '-pix_fmt', 'rgb24', '-f', 'nut', '-'], {
            input: written(clip),
            maxBuffer: 1 << 26,
          });
          expectSame(await collect(readNut(pieces(bytes, 4096), sizeOf(clip))), clip);
        }),
        { numRuns: 12 },
      );
    });
  });
}
