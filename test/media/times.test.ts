// Frames and times of clips whose clock cannot be trusted: late starts, joined recordings, interlaced ones, animated WebP.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { deinterlaced } from '../../media/deinterlace.ts';
import type { Ffmpeg } from '../../media/ffmpeg.ts';
import { lastFrameDuration } from '../../media/last-frame.ts';
import { probe } from '../../media/probe.ts';
import { planStream } from '../../media/side-streams.ts';
import { steadySound } from '../../media/steady-sound.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg, look, reencode, subfolder } from './support.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const long = '-f lavfi -i testsrc=s=64x48:r=10:d=26 -f lavfi -i sine=d=26';
  ffmpeg(`${long} -c:v libx264 -g 1000 -sc_threshold 0 -c:a aac {}/late.ts`, folder);
  ffmpeg(`${long} -c:v mpeg2video -r 25 -g 1000 -sc_threshold 1000000000 -an {}/late.mpg`, folder);
  ffmpeg(`${long} -c:v libx264 -g 1000 -sc_threshold 0 -c:a aac {}/late.mp4`, folder);
  ffmpeg(`${long} -c:v libx264 -x264-params keyint=40:intra-refresh=1 -c:a aac {}/refresh.ts`, folder);
  ffmpeg('-i {}/late.ts -c copy -output_ts_offset 100 -copyts {}/offset.mkv', folder);
  for (const n of [1, 2, 3]) {
    ffmpeg(`-f lavfi -i testsrc=s=64x64:r=12:d=0.5 -f lavfi -i sine=f=${300 * n}:d=0.5 -c:v libx264 -c:a aac {}/part${n}.ts`, folder);
  }
  writeFileSync(at('joined.ts'), Buffer.concat([1, 2, 3].map(n => readFileSync(at(`part${n}.ts`)))));
  for (const n of [1, 2, 3]) {
    ffmpeg(`-f lavfi -i testsrc=s=64x64:r=25:d=0.24 -f lavfi -i sine=f=${300 * n}:d=0.24 -c:v mpeg2video -c:a mp2 {}/part${n}.mpg`, folder);
  }
  writeFileSync(at('joined.mpg'), Buffer.concat([1, 2, 3].map(n => readFileSync(at(`part${n}.mpg`)))));
  // upright stripes that move by 12 pixels from field to field
  const stripes = 'geq=lum=128+90*sin((X+N*12)/10):cb=128:cr=128';
  const fields = `-f lavfi -i nullsrc=s=352x288:r=50:d=0.4 -vf ${stripes},tinterlace=mode=interleave_top,setfield=tff`;
  ffmpeg(`${fields} -c:v libx264 -x264-params tff=1 -crf 10 {}/fields.mp4`, folder);
  ffmpeg(`${fields} -c:v mpeg2video -flags +ilme+ildct -q:v 2 {}/fields.mpg`, folder);
  ffmpeg(`${fields} -c:v mpeg4 -flags +ilme+ildct -top 1 -q:v 2 {}/fields.avi`, folder);
  ffmpeg('-f lavfi -i testsrc2=s=352x288:r=25:d=0.4 -c:v libx264 -crf 10 {}/frames.mp4', folder);
  const pages = [...Array(5).keys()].map(n =>
    sharp({ create: { width: 40, height: 32, channels: 3, background: { r: 50 * n, g: 0, b: 0 } } })
      .png()
      .toBuffer(),
  );
  await sharp(await Promise.all(pages), { join: { animated: true } })
    .webp({ delay: [80, 120, 0, 100, 500], lossless: true })
    .toFile(at('pages.webp'));
});

const timesOf = async (file: string, tools: Ffmpeg, range = {}) =>
  (await decode(at(file), tools, { range })).frames.map(({ time }) => time);

/** Mean difference of neighbouring rows beyond that of rows two apart: combs. */
const combs = (data: Uint8Array, width: number, height: number): number => {
  let sum = 0;
  for (let y = 2; y < height; y++) {
    for (let x = 0; x < width * 3; x++) {
      const [here, above, twice] = [0, 1, 2].map(back => data[(y - back) * width * 3 + x]!) as [number, number, number];
      sum += Math.abs(here - above) - Math.abs(here - twice);
    }
  }
  return sum / (width * height * 3);
};

for (const { name, tools, why } of BINARIES) {
  describe.skipIf(!tools)(`times with the ${name} ffmpeg (${why || 'present'})`, () => {
    for (const file of ['late.ts', 'late.mpg', 'late.mp4', 'refresh.ts', 'offset.mkv']) {
      it(`of a part of ${file} are those of the whole`, async () => {
        const whole = await decode(at(file), tools!);
        for (const [start, end] of [
          [16, 22],
          [24, 25],
          [3, 4],
        ] as const) {
          const part = await decode(at(file), tools!, { range: { start, end } });
          const wanted = whole.frames.filter(({ time }) => time >= start - 1e-6 && time < end - 1e-6);
          expect(part.frames.map(({ time }) => time.toFixed(4))).toEqual(wanted.map(({ time }) => time.toFixed(4)));
          expect(part.frames.every((frame, i) => Buffer.compare(frame.data, wanted[i]!.data) === 0)).toBe(true);
        }
      });
    }

    for (const [file, rate, seconds] of [
      ['joined.ts', 12, 1.5],
      ['joined.mpg', 25, 0.72],
    ] as const)
      it(`go on where ${file} was joined, and the sound with them`, async () => {
        const times = await timesOf(file, tools!);
        expect(times).toHaveLength(18);
        for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeCloseTo(1 / rate, 4);
        const info = await probe(at(file), tools!);
        const container = { audio: undefined } as never;
        const plans = info.streams.map(stream => planStream(stream, container, tools!, { audio: true, partial: false }));
        const copy = await steadySound(info, plans, tools!);
        const output = join(subfolder(folder), 'joined.mp4');
        await reencode(at(file), output, tools!, { sideCopy: copy });
        await copy!.close();
        const sound = look(output).times(1);
        expect(sound.at(-1)!).toBeGreaterThan(seconds - 0.1);
        expect(sound.at(-1)!).toBeLessThan(seconds + 0.15);
        for (let i = 1; i < sound.length; i++) expect(sound[i]! - sound[i - 1]!).toBeLessThan(0.06);
        const part = await timesOf(file, tools!, { start: seconds / 2 });
        expect(part.map(time => time.toFixed(4))).toEqual(times.filter(time => time >= seconds / 2).map(time => time.toFixed(4)));
      });

    it('of recordings that were not joined need no copy of the sound', async () => {
      const info = await probe(at('late.ts'), tools!);
      const plans = info.streams.map(stream => planStream(stream, { audio: undefined } as never, tools!, { audio: true, partial: false }));
      expect(await steadySound(info, plans, tools!)).toBeUndefined();
    });

    it('stay when fields are made into frames', async () => {
      const size = { width: 352, height: 288 };
      for (const file of ['fields.mp4', 'fields.mpg', 'fields.avi']) {
        const warnings: string[] = [];
        const info = await probe(at(file), tools!);
        expect(info.video.fields, file).toBe('top');
        const woven = await decode(at(file), tools!, size);
        const whole = await decode(
          at(file),
          tools!,
          size,
          deinterlaced(info, tools!, 'auto', message => warnings.push(message)),
        );
        expect(warnings).toEqual([expect.stringMatching(/is interlaced.*bwdif.*--deinterlace off/)]);
        expect(deinterlaced(info, tools!, 'off', () => undefined)).toBe(info);
        expect(whole.frames.map(({ time }) => time)).toEqual(woven.frames.map(({ time }) => time));
        for (const i of [2, 5]) {
          const [before, after] = [woven, whole].map(({ frames }) => combs(frames[i]!.data, 352, 288)) as [number, number];
          expect(before, file).toBeGreaterThan(1);
          expect(after, file).toBeLessThan(0.3 * before);
        }
      }
      const info = await probe(at('frames.mp4'), tools!);
      expect(deinterlaced(info, tools!, 'auto', () => undefined)).toBe(info);
    });

    it('of an animated WebP are its own', async () => {
      const { info, frames } = await decode(at('pages.webp'), tools!, { width: 40, height: 32 });
      expect(info).toMatchObject({ container: 'webp', width: 40, height: 32, duration: 0.9 });
      expect(frames.map(({ time }) => time)).toEqual([0, 0.08, 0.2, 0.3, 0.4]);
      expect(frames.map(({ data }) => data[0])).toEqual([0, 50, 100, 150, 200]);
      expect(await lastFrameDuration(info, tools!, 0.4)).toBe(0.5);
      expect(await timesOf('pages.webp', tools!, { frames: [1, 2] })).toEqual([0.08, 0.2]);
      const output = join(subfolder(folder), 'pages.mp4');
      await reencode(at('pages.webp'), output, tools!, { lastFrame: 0.5 });
      expect(
        look(output)
          .times(0)
          .map(time => time.toFixed(3)),
      ).toEqual(['0.000', '0.080', '0.200', '0.300', '0.400']);
      expect(Number(look(output).format.duration)).toBeCloseTo(0.9, 2);
      writeFileSync(at('cut.webp'), readFileSync(at('pages.webp')).subarray(0, 60));
      await expect(probe(at('cut.webp'), tools!)).rejects.toMatchObject({ exitCode: 4 });
    });
  });
}
