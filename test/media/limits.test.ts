// How large an input may be: refused from the probe, and held while decoding.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../media/limits.ts';
import { readPicture, readPictureAt } from '../../media/picture.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg } from './support.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  await sharp({ create: { width: 16000, height: 16000, channels: 3, background: 'red' }, limitInputPixels: false })
    .png({ palette: true, colours: 2, compressionLevel: 9 })
    .toFile(at('big.png'));
  ffmpeg('-i {}/big.png -c copy {}/big.mkv', folder);
  ffmpeg('-f lavfi -i color=s=9000x32:r=10:d=0.2 -c:v ffv1 {}/wide.mkv', folder);
  ffmpeg('-f lavfi -i color=s=64x64:r=100000 -frames:v 5 -c:v libx264 {}/fast.mp4', folder);
  ffmpeg(`-f lavfi -i color=s=64x64:r=10 -f lavfi -i anullsrc -t 0.2 -map 0 ${'-map 1 '.repeat(20)} -c:a pcm_s16le {}/many.mkv`, folder);
  ffmpeg('-f lavfi -i color=s=64x64:r=10:d=0.2 -vf setsar=1/1000 -c:v ffv1 {}/stretched.mkv', folder);
  // a stream whose second half is larger than its header says
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10:d=0.5 -c:v mjpeg -f mjpeg {}/a.mjpeg', folder);
  ffmpeg('-f lavfi -i testsrc=s=640x640:r=10:d=0.5 -c:v mjpeg -f mjpeg {}/b.mjpeg', folder);
  writeFileSync(at('grows.mjpeg'), Buffer.concat(['a', 'b'].map(name => readFileSync(at(`${name}.mjpeg`)))));
});

for (const { name, tools, why } of BINARIES) {
  describe.skipIf(!tools)(`limits with the ${name} ffmpeg (${why || 'present'})`, () => {
    const refused: readonly (readonly [file: string, words: RegExp])[] = [
      ['big.mkv', /16000x16000 pixels, more than the limit of 8192 a side: raise it with --max-side/],
      ['big.png', /16000x16000/],
      ['wide.mkv', /9000x32.*--max-side/],
      ['stretched.mkv', /64x64000.*--max-side/],
      ['fast.mp4', /100000 frames a second.*--max-fps/],
    ];
    for (const [file, words] of refused) {
      it(`refuses ${file} from its probe`, async () => {
        await expect(probe(at(file), tools!)).rejects.toMatchObject({
          exitCode: 4,
          code: 'MEDIA_LIMIT',
          message: expect.stringMatching(words),
        });
      });
    }

    it('refuses many streams', async () => {
      const limits = { ...DEFAULT_LIMITS, streams: 20 };
      await expect(probe(at('many.mkv'), tools!, { limits })).rejects.toThrow(
        /21 streams, more than the limit of 20: raise it with --max-streams/,
      );
      expect((await probe(at('many.mkv'), tools!)).streams).toHaveLength(20);
    });

    it('takes them where the limit is raised', async () => {
      const limits = { ...DEFAULT_LIMITS, side: 20_000, pixels: 300_000_000, rate: 200_000 };
      expect(await probe(at('wide.mkv'), tools!, { limits })).toMatchObject({ width: 9000, height: 32 });
      expect((await probe(at('fast.mp4'), tools!, { limits })).rate).toBeGreaterThan(90_000);
      expect(await probe(at('big.mkv'), tools!, { limits })).toMatchObject({ width: 16000, height: 16000 });
    });

    it('holds the limit while decoding, where frames grow', async () => {
      expect((await decode(at('grows.mjpeg'), tools!)).frames).toHaveLength(10);
      const limits = { ...DEFAULT_LIMITS, side: 128 };
      const info = await probe(at('grows.mjpeg'), tools!, { limits });
      expect(info.opening.join(' ')).toContain('-max_pixels');
      const tight = { ...info, opening: info.opening.map(word => (/^\d+$/.test(word) ? '100000' : word)) };
      const { frames } = await decode(at('grows.mjpeg'), tools!, {}, tight);
      expect(frames).toHaveLength(5);
    });
  });
}

it('refuses pictures above the limit before they are decoded', async () => {
  await expect(readPicture(at('big.png'))).rejects.toMatchObject({
    code: 'MEDIA_LIMIT',
    exitCode: 4,
    message: expect.stringMatching(/--max-pixels/),
  });
  await expect(readPictureAt(at('big.png'), { width: 8, height: 8 }, { maxPixels: 1000 })).rejects.toMatchObject({ code: 'MEDIA_LIMIT' });
});
