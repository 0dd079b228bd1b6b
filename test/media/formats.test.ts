// Files that name other files, and pictures whose names look like patterns.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg, subfolder } from './support.ts';

const folder = temporaryFolder();
const secret = join(folder, 'elsewhere');

beforeAll(() => {
  mkdirSync(secret);
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10:d=0.5 -c:v mpeg4 {}/a.mp4', folder);
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10:d=0.5 -c:v mpeg2video {}/a.ts', folder);
  ffmpeg('-f lavfi -i testsrc=s=64x64:r=10:d=0.5 -c:v mpeg2video {}/a.ts', secret);
});

const write = (name: string, text: string): string => {
  const path = join(subfolder(folder), name);
  copyFileSync(join(folder, 'a.mp4'), join(path, '..', 'a.mp4'));
  copyFileSync(join(folder, 'a.ts'), join(path, '..', 'a.ts'));
  writeFileSync(path, text);
  return path;
};

const TEXTS: readonly (readonly [kind: string, text: () => string, words: RegExp])[] = [
  ['an ffconcat list', () => 'ffconcat version 1.0\nfile a.mp4\n', /list of files to join \(ffconcat\).*save what it names/],
  ['an ffconcat list behind a byte order mark', () => '\ufeffffconcat version 1.0\nfile a.mp4\n', /ffconcat/],
  ['an HLS playlist', () => '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\na.ts\n#EXT-X-ENDLIST\n', /HLS/],
  ['an HLS playlist of another folder', () => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\n${secret}/a.ts\n#EXT-X-ENDLIST\n`, /HLS/],
  ['a session description', () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n', /SDP/],
  ['a DASH manifest', () => '<?xml version="1.0"?>\n<!-- x --><MPD type="static"><BaseURL>a.mp4</BaseURL></MPD>\n', /DASH/],
  ['an SVG', () => '<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>', /SVG/],
  ['a web page', () => '<!DOCTYPE html><html></html>', /web page/],
  ['any text', () => 'hello\n', /holds text/],
];

for (const { name, tools, why } of BINARIES) {
  describe.skipIf(!tools)(`closed formats with the ${name} ffmpeg (${why || 'present'})`, () => {
    for (const [kind, text, words] of TEXTS) {
      it(`refuses ${kind} by name`, async () => {
        const path = write('clip.mp4', text());
        await expect(probe(path, tools!)).rejects.toMatchObject({ exitCode: 4, message: expect.stringMatching(words) });
        await expect(probe(path, tools!)).rejects.toThrow(path);
      });
    }

    it('refuses a list that does not look like a text', async () => {
      const path = write('clip.mp4', `#EXTM3U\n#\u0001\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\na.ts\n#EXT-X-ENDLIST\n`);
      await expect(probe(path, tools!)).rejects.toMatchObject({ exitCode: 4 });
      const concat = write('clip.mkv', 'ffconcat version 1.0\n#\u0001\nfile a.mp4\n');
      await expect(probe(concat, tools!)).rejects.toMatchObject({ exitCode: 4, code: 'MEDIA_FORMAT' });
    });

    it('sends no request', async () => {
      let asked = 0;
      const server = createServer((_, response) => {
        asked++;
        response.end();
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.ts`;
      const list = write('clip.mp4', `#EXTM3U\n#\u0001\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\n${at}\n#EXT-X-ENDLIST\n`);
      await expect(probe(list, tools!)).rejects.toMatchObject({ exitCode: 4 });
      await expect(probe(at, tools!)).rejects.toMatchObject({ exitCode: 4 });
      server.close();
      expect(asked).toBe(0);
    });

    it('takes a picture whose name looks like a pattern for one picture', async () => {
      const place = subfolder(folder);
      for (const [n, colour] of ['red', 'lime', 'blue'].entries()) {
        ffmpeg(`-f lavfi -i color=${colour}:s=64x64 -frames:v 1 {}/shot00${n}.png`, place);
      }
      const path = join(place, 'shot%03d.png');
      copyFileSync(join(place, 'shot001.png'), path);
      const { frames } = await decode(path, tools!);
      expect(frames).toHaveLength(1);
      expect([...frames[0]!.data.subarray(0, 3)].map(level => level > 200)).toEqual([false, true, false]);
    });

    it('reads single pictures and animated ones by their content', async () => {
      const place = subfolder(folder);
      for (const [ending, count] of [
        ['png', 1],
        ['jpg', 1],
        ['bmp', 1],
        ['tiff', 1],
        ['tga', 1],
        ['ppm', 1],
        ['gif', 5],
        ['apng', 5],
      ] as const) {
        ffmpeg(`-f lavfi -i testsrc=s=64x64:r=10:d=0.5 ${count === 1 ? '-frames:v 1' : ''} {}/x.${ending}`, place);
        expect((await decode(join(place, `x.${ending}`), tools!)).frames, ending).toHaveLength(count);
      }
      copyFileSync(join(place, 'x.apng'), join(place, 'y.png'));
      expect((await decode(join(place, 'y.png'), tools!)).frames).toHaveLength(5);
      writeFileSync(join(place, 'z%d.xbm'), Buffer.alloc(64, 1));
      ffmpeg('-f lavfi -i testsrc=s=64x64 -frames:v 1 {}/z1.xbm', place);
      await expect(probe(join(place, 'z%d.xbm'), tools!)).rejects.toMatchObject({
        exitCode: 4,
        message: expect.stringMatching(/name of a picture/),
      });
    });

    it('does not follow the data references of a mov', async () => {
      const place = subfolder(folder);
      ffmpeg('-f lavfi -i testsrc=s=64x64:r=10:d=0.5 -c:v mpeg4 -movflags -faststart {}/inner.mov', place);
      const bytes = readFileSync(join(place, 'inner.mov'));
      // the dref entry `url ` with the self-contained flag becomes one that names another file
      const at = bytes.indexOf('url ', bytes.indexOf('dref'));
      bytes.writeUInt32BE(0, at + 4);
      writeFileSync(join(place, 'outer.mov'), bytes);
      const seen = await decode(join(place, 'outer.mov'), tools!).catch(error => error);
      expect(seen instanceof Error ? 0 : seen.frames.length).toBeLessThanOrEqual(5);
    });
  });
}

it('reads no drawing as a picture', async () => {
  const path = write('x.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="a.png"/></svg>');
  await expect(readPicture(path)).rejects.toMatchObject({ exitCode: 4, message: expect.stringMatching(/svg.*save it as PNG/) });
});
