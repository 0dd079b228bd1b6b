// How long the last frame is shown: read from the source, and written into every container that can say so.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { RerenderError } from '../../config/errors.ts';
import type { Ffmpeg } from '../../media/ffmpeg.ts';
import { lastFrameDuration } from '../../media/last-frame.ts';
import { endMatroskaAt } from '../../media/mkv-duration.ts';
import { showLastFrame } from '../../media/mp4-duration.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg, look, reencode, subfolder } from './support.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  const four = '-f lavfi -i testsrc=s=64x64:r=10 -frames:v 4';
  ffmpeg(`${four} -final_delay 200 {}/hold.gif`, folder);
  ffmpeg(`${four} {}/even.gif`, folder);
  ffmpeg(`${four} -c:v libx264 -bf 2 {}/even.mp4`, folder);
  // frames of 20 and 60 ticks, on a clock of 600 a second
  ffmpeg(
    '-f lavfi -i testsrc=s=64x64:r=30:d=0.5 -vf select=not(eq(mod(n\\,5)\\,3)) {times} ' +
      '-video_track_timescale 600 -c:v libx264 -bf 0 {}/scale.mov',
    folder,
  );
  ffmpeg('-i {}/hold.gif {times} -c:v ffv1 {}/plain.mkv', folder);
});

/** Decodes, encodes again with the source's own last frame, and looks at the result: when its last frame begins, and when it ends. */
const ending = async (source: string, output: string, tools: Ffmpeg, range = {}) => {
  const { info, frames } = await decode(source, tools, { range });
  const lastFrame = await lastFrameDuration(info, tools, frames.at(-1)!.time);
  await reencode(source, output, tools, { lastFrame, range });
  const { streams, format, times } = look(output);
  const end = Number(streams[0]!.duration ?? format.duration);
  return { lastFrame, shown: end - times(0).at(-1)!, formatEnd: Number(format.duration) - times(0).at(-1)! };
};

for (const { name, tools, why } of BINARIES) {
  describe.skipIf(!tools)(`the last frame with the ${name} ffmpeg (${why || 'present'})`, () => {
    const cases: readonly (readonly [source: string, seconds: number, outputs: readonly string[]])[] = [
      ['hold.gif', 2, ['a.gif', 'a.mp4', 'a.mov', 'a.mkv', 'a.webm']],
      ['even.gif', 0.1, ['b.gif', 'b.mp4', 'b.mkv']],
      ['even.mp4', 0.1, ['c.mp4', 'c.mkv', 'c.gif']],
      ['scale.mov', 1 / 30, ['d.mov', 'd.mp4', 'd.mkv']],
    ];
    for (const [source, seconds, outputs] of cases) {
      it(`of ${source} is shown for ${seconds.toFixed(3)} s`, async () => {
        const place = subfolder(folder);
        for (const output of outputs) {
          const { lastFrame, shown, formatEnd } = await ending(at(source), join(place, output), tools!);
          expect(lastFrame, output).toBeCloseTo(seconds, 3);
          expect(shown, output).toBeCloseTo(seconds, 2);
          expect(formatEnd, output).toBeCloseTo(seconds, 2);
        }
      });
    }

    it('survives a second time', async () => {
      const place = subfolder(folder);
      for (const ending_ of ['gif', 'mp4', 'mov', 'mkv', 'webm']) {
        await ending(at('hold.gif'), join(place, `1.${ending_}`), tools!);
        const { shown } = await ending(join(place, `1.${ending_}`), join(place, `2.${ending_}`), tools!);
        expect(shown, ending_).toBeCloseTo(2, 2);
      }
    });

    it('of a part lasts until the next frame of the source', async () => {
      const place = subfolder(folder);
      const { lastFrame } = await ending(at('scale.mov'), join(place, 'part.mp4'), tools!, { frames: [0, 2] });
      expect(lastFrame).toBeCloseTo(2 / 30, 3);
      const { lastFrame: held } = await ending(at('hold.gif'), join(place, 'part.gif'), tools!, { end: 0.25 });
      expect(held).toBeCloseTo(0.1, 3);
    });

    it('has the same length in track, edit list and samples', async () => {
      const output = join(subfolder(folder), 'e.mp4');
      await ending(at('even.gif'), output, tools!);
      const bytes = readFileSync(output);
      const body = (type: string): number => bytes.indexOf(type) + 4;
      const movie = bytes.readUInt32BE(body('mvhd') + 16) / bytes.readUInt32BE(body('mvhd') + 12);
      const media = bytes.readUInt32BE(body('mdhd') + 16) / bytes.readUInt32BE(body('mdhd') + 12);
      const edit = bytes.readUInt32BE(body('elst') + 8) / bytes.readUInt32BE(body('mvhd') + 12);
      const track = bytes.readUInt32BE(body('tkhd') + 20) / bytes.readUInt32BE(body('mvhd') + 12);
      for (const seconds of [movie, media, edit, track]) expect(seconds).toBeCloseTo(0.4, 3);
    });
  });
}

it('writes a last sample of its own where all are alike, without moving a byte of the pictures', async () => {
  const path = join(subfolder(folder), 'x.mp4');
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10 -frames:v 9 -c:v libx264 -movflags +faststart {}', path);
  const before = readFileSync(path);
  await showLastFrame(path, 0.8 + 3, 3);
  const after = readFileSync(path);
  expect(after.length).toBe(before.length);
  expect(after.subarray(before.indexOf('mdat'))).toEqual(before.subarray(before.indexOf('mdat')));
  const { streams, format, times } = look(path);
  expect(Number(streams[0]!.duration) - times(0).at(-1)!).toBeCloseTo(3, 2);
  expect(Number(format.duration)).toBeCloseTo(3.8, 2);
  expect((await decode(path, BINARIES.find(({ tools }) => tools)!.tools!)).frames).toHaveLength(9);
});

/** A generator of numbers below n, the same for each seed (xorshift32). */
const seeded = (seed: number) => {
  let state = seed;
  return (n: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
};

it('leaves damaged files alone, and ends', async () => {
  const place = subfolder(folder);
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10 -frames:v 5 -c:v libx264 -movflags +faststart {}/a.mp4', place);
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10 -frames:v 5 -c:v libx264 {}/b.mov', place);
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10 -frames:v 5 -c:v libx264 {}/c.mkv', place);
  const random = seeded(7);
  for (const [file, mend, marks] of [
    ['a.mp4', showLastFrame, ['moov', 'stts', 'elst', 'mdhd', 'tkhd', 'mvhd', 'trak', 'hdlr', 'free']],
    ['b.mov', showLastFrame, ['moov', 'stts', 'elst', 'mdhd', 'tkhd', 'mvhd', 'trak', 'wide']],
    ['c.mkv', endMatroskaAt, ['\x15\x49\xa9\x66', '\x44\x89', '\x16\x54\xae\x6b', '\x12\x54\xc3\x67', 'DURATION']],
  ] as const) {
    const whole = readFileSync(join(place, file));
    const path = join(place, `damaged-${file}`);
    for (let i = 0; i < 250; i++) {
      const bytes = Buffer.from(whole);
      const near = bytes.indexOf(Buffer.from(marks[random(marks.length)]!, 'latin1'));
      for (let change = random(4); change >= 0; change--) {
        const place = Math.max(0, Math.min(bytes.length - 1, near - 8 + random(40)));
        bytes[place] = [0, 1, 255, 128, random(256)][random(5)]!;
      }
      writeFileSync(path, random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
      const thrown = await mend(path, 3, 1).catch((error: unknown) => error);
      expect(thrown === undefined || thrown instanceof RerenderError, `${file} ${i}: ${thrown}`).toBe(true);
    }
  }
});

it('takes no stale tag for the end of a clip', async () => {
  const place = subfolder(folder);
  copyFileSync(at('plain.mkv'), join(place, 'x.mkv'));
  const bytes = readFileSync(join(place, 'x.mkv'));
  const tag = bytes.indexOf('00:00:0', bytes.indexOf('DURATION'));
  bytes.write('09', tag, 'latin1');
  writeFileSync(join(place, 'x.mkv'), bytes);
  const { tools } = BINARIES.find(binary => binary.tools)!;
  const info = await probe(join(place, 'x.mkv'), tools!);
  expect(info.video.endTime).toBeGreaterThan(30_000);
  expect((await lastFrameDuration(info, tools!, 0.3)) ?? 0).toBeLessThan(3);
});
