// A frame of a clip where a picture is asked for: `clip.mp4@0.5`.
import { existsSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { generate } from '../../pipeline/index.ts';
import { ffmpeg } from '../media/support.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const at = (name: string): string => join(folder, name);
const draw = async (name: string, init: string, controlImage?: string): Promise<Buffer> => {
  await generate({ style: 'a pencil drawing', size: 64, steps: 4, metadata: false, cache: false, init, controlImage, output: at(name) });
  return readFileSync(at(name));
};

beforeAll(async () => {
  ffmpeg(`-i ${clip} -vf select='eq(n\\,12)' -frames:v 1 ${at('frame.png')}`);
  await copyFile(at('frame.png'), at('me@1'));
  await copyFile(clip, at('me'));
});

describe('generate from a frame of a clip', () => {
  test('clip.mp4@0.5 is the frame that is shown then; 12f is the same', async () => {
    const line = ['generate', '-p', 'a pencil drawing', '--init', `${clip}@0.5`, '--size', '64', '--steps', '4', '-o', 'time.png'];
    expect(await rerenderCommand([...line, '--no-metadata', '--no-cache'], { cwd: folder })).toMatchObject({ code: 0 });
    expect((await draw('number.png', `${clip}@12f`)).equals(readFileSync(at('time.png')))).toBe(true);
    await draw('picture.png', at('frame.png'));
    const [a, b] = [await readPicture(at('time.png')), await readPicture(at('picture.png'))];
    const apart = a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length;
    expect(apart).toBeLessThan(4); // two conversions of the clip's colours
  });

  test('a file whose name has an @ is that file; the control image may be a frame, too', async () => {
    const plain = await draw('plain.png', at('frame.png'));
    expect((await draw('name.png', at('me@1'))).equals(plain)).toBe(true);
    expect((await draw('controlled.png', at('frame.png'), `${clip}@3`)).equals(plain)).toBe(false);
  });

  test.each<[string, string, RegExp]>([
    ['a time behind the end', `${clip}@9`, /--init .*lakeside\.mp4@9 lies behind the end of .*, which is 3\.5\d* s long/],
    ['a frame behind the end', `${clip}@84f`, /@84f lies behind the end of .*, which has 84 frames: the last is 83f/],
    ['what is no time', `${clip}@last`, /--init .*@last: what stands behind the @ must be a time .* or a frame .*; got "last"/],
    ['a clip without a time', clip, /--init .* is no picture .*Of a clip name a frame by its time, as .*lakeside\.mp4@0\.5/],
    ['a picture with a time', `${at('me@1')}@0.5`, /me@1@0\.5: .*me@1 is a picture, which has no times: leave out @0\.5/],
    ['a clip that is not there', 'gone.mp4@1', /--init gone\.mp4@1 does not exist/],
  ])('%s: a clear error', async (_, init, message) => {
    await expect(draw('error.png', init)).rejects.toThrow(message);
    expect(existsSync(at('error.png'))).toBe(false);
  });
});
