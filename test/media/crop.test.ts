// Cropping: what is left is the same part of the picture, whatever the ffmpeg, also where pixels are not square or the clip is turned.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cropped } from '../../media/crop.ts';
import { decodeFrames } from '../../media/decode.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, collect, ffmpeg } from './support.ts';

const folder = temporaryFolder();
const SIDES = { left: 8, right: 24, top: 16, bottom: 4 };

describe.each(BINARIES.filter(b => b.tools))('with the $name ffmpeg', ({ tools }) => {
  it.each([
    ['square pixels', '-vf format=yuv444p'],
    ['pixels twice as wide', '-vf scale=48:64,setsar=2,format=yuv444p'],
  ])('%s: the part that is left', async (name, filter) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}-${tools!.ffmpeg.version}.mkv`.replaceAll('/', '-'));
    ffmpeg(`-f lavfi -i testsrc2=s=96x64:r=10:d=0.3 ${filter} -c:v ffv1 ${path}`);
    const info = await probe(path, tools!);
    const part = cropped(info, SIDES);
    expect([info.width, info.height, part.width, part.height]).toEqual([96, 64, 64, 44]);
    const [whole] = await collect(decodeFrames(info, { ffmpeg: tools!, width: 96, height: 64 }));
    const frames = await collect(decodeFrames(part, { ffmpeg: tools!, width: 64, height: 44 }));
    expect(frames.length).toBe(3);
    let error = 0;
    for (let y = 0; y < 44; y++)
      for (let x = 0; x < 3 * 64; x++)
        error += Math.abs(frames[0]!.data[y * 3 * 64 + x]! - whole!.data[(y + SIDES.top) * 3 * 96 + x + 3 * SIDES.left]!);
    expect(error / (44 * 64 * 3)).toBeLessThan(name === 'square pixels' ? 0.001 : 3); // scaling sees other neighbours at the rim
  });

  it('that leaves nothing is refused', async () => {
    const path = join(folder, `none-${tools!.ffmpeg.version}.mkv`.replaceAll('/', '-'));
    ffmpeg(`-f lavfi -i testsrc2=s=96x64:r=10:d=0.1 -c:v ffv1 ${path}`);
    const info = await probe(path, tools!);
    expect(() => cropped(info, { left: 48, right: 48, top: 0, bottom: 0 })).toThrow(/--crop leaves nothing.*96x64/);
  });
});
