// What probing tells: the picture as a viewer sees it, and one clear sentence for every file that is no clip.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { MediaError } from '../../media/errors.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg } from './support.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

// left half red, right half blue: turning and mirroring show
const CLIP =
  '-f lavfi -i color=red:s=96x64:r=25:d=0.2,drawbox=x=48:w=48:h=64:c=blue:t=fill -c:v libx264 -preset ultrafast -pix_fmt yuv420p';

/** Display matrices [a b c d], integers, for stored to displayed coordinates [x y] M. */
// biome-ignore format: a table
const TURNS = [
  { name: 'upright', matrix: [1, 0, 0, 1], rotation: 0, mirrored: false, first: 'left' },
  { name: 'turned by 90', matrix: [0, 1, -1, 0], rotation: 90, mirrored: false, first: 'top' },
  { name: 'turned by 180', matrix: [-1, 0, 0, -1], rotation: 180, mirrored: false, first: 'right' },
  { name: 'turned by 270', matrix: [0, -1, 1, 0], rotation: 270, mirrored: false, first: 'bottom' },
  { name: 'mirrored', matrix: [-1, 0, 0, 1], rotation: 0, mirrored: true, first: 'right' },
] as const;

/** Writes a display matrix into the track header of an mp4 with one track (ISO 14496-12, 8.3.2: it follows 40 bytes of other fields). */
const turn = (from: string, to: string, [a, b, c, d]: readonly number[]): void => {
  const bytes = readFileSync(from);
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  for (const [i, value] of [a!, b!, 0, c!, d!, 0].entries()) bytes.writeInt32BE(value * 65536, matrix + 4 * i);
  writeFileSync(to, bytes);
};

beforeAll(() => {
  ffmpeg(`${CLIP} {}/clip.mp4`, folder);
  for (const [n, { matrix }] of TURNS.entries()) turn(at('clip.mp4'), at(`turn-${n}.mp4`), matrix);
  writeFileSync(at('empty.mp4'), '');
  writeFileSync(at('text.mp4'), 'this is no video, only a few words\n');
  writeFileSync(
    at('noise.mp4'),
    Uint8Array.from({ length: 4096 }, (_, i) => (i * 2654435761) >>> 13),
  );
  writeFileSync(at('cut.mp4'), readFileSync(at('clip.mp4')).subarray(0, 600));
  mkdirSync(at('folder.mp4'));
  copyFileSync(at('clip.mp4'), at('secret.mp4'));
  chmodSync(at('secret.mp4'), 0);
  ffmpeg('-f lavfi -i sine=d=0.3 -c:a aac {}/sound.m4a', folder);
  ffmpeg('-f lavfi -i color=red:s=32x32 -frames:v 1 {}/cover.png', folder);
  ffmpeg('-i {}/sound.m4a -i {}/cover.png -map 0 -map 1 -c copy -disposition:v attached_pic {}/covered.m4a', folder);
  ffmpeg(`${CLIP} -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv {}/tagged.mp4`, folder);
  ffmpeg('-i {}/clip.mp4 -c copy {}/-strange:name.mp4'.replace('{}/-', `${folder}/-`), folder);
});

// biome-ignore format: a table
const REFUSED: readonly (readonly [name: string, code: string, message: RegExp])[] = [
  ['absent.mp4', 'MEDIA_NOT_FOUND', /absent\.mp4 does not exist/],
  ['clip.mp4/inside.mp4', 'MEDIA_NOT_FOUND', /does not exist/],
  ['folder.mp4', 'MEDIA_FOLDER', /is a folder/],
  ['empty.mp4', 'MEDIA_EMPTY', /is empty/],
  ['text.mp4', 'MEDIA_TEXT', /holds text, not a video/],
  ['noise.mp4', 'MEDIA_UNKNOWN', /is not a video that ffmpeg can read/],
  ['cut.mp4', 'MEDIA_TRUNCATED', /is cut short/],
  ['sound.m4a', 'MEDIA_AUDIO_ONLY', /holds only audio, no video/],
  ['covered.m4a', 'MEDIA_AUDIO_ONLY', /holds only audio and cover art, no video/],
];

for (const { name: binary, tools } of BINARIES) {
  describe.skipIf(!tools)(`${binary} ffmpeg`, () => {
    it.each(REFUSED)('refuses %s', async (name, code, message) => {
      const error = await probe(at(name), tools!).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MediaError);
      expect(error).toMatchObject({ code, exitCode: 4, message: expect.stringMatching(message) });
      expect((error as Error).message).not.toContain('\n');
    });

    it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('refuses a file without permission', async () => {
      await expect(probe(at('secret.mp4'), tools!)).rejects.toMatchObject({ code: 'MEDIA_UNREADABLE' });
    });

    it.each(TURNS.map((test, n) => ({ ...test, n })))('$name', async ({ n, rotation, mirrored, first }) => {
      const path = at(`turn-${n}.mp4`);
      const { info, frames } = await decode(path, tools!, rotation % 180 ? { width: 64, height: 96 } : { width: 96, height: 64 });
      expect(info).toMatchObject(rotation % 180 ? { width: 64, height: 96 } : { width: 96, height: 64 });
      expect(info.video).toMatchObject({ rotation, mirrored, codedWidth: 96, codedHeight: 64 });
      const { width, height, data } = frames[0]!;
      const places = { left: [8, height / 2], right: [width - 8, height / 2], top: [width / 2, 8], bottom: [width / 2, height - 8] };
      const [x, y] = places[first] as [number, number];
      const [red, , blue] = data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3);
      expect(red! - blue!).toBeGreaterThan(150); // the stored left half is red
    });

    it('tells colours, times and counts', async () => {
      const info = await probe(at('tagged.mp4'), tools!);
      expect(info).toMatchObject({ width: 96, height: 64, rate: 25, origin: 0, startTime: 0, streams: [], chapters: 0 });
      expect(info.duration).toBeCloseTo(0.2, 3);
      expect(info.video).toMatchObject({
        codec: 'h264',
        pixelFormat: 'yuv420p',
        bitDepth: 8,
        frames: 5,
        alpha: false,
        hdr: undefined,
        colour: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' },
      });
      expect((await probe(at('clip.mp4'), tools!)).video.colour.matrix).toBeUndefined();
    });

    it('takes any name for a file', async () => {
      expect(await probe(at('-strange:name.mp4'), tools!)).toMatchObject({ width: 96 });
    });

    it('stops on abort', async () => {
      await expect(probe(at('clip.mp4'), tools!, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    });
  });
}
