// What ffmpeg writes: NUT in the pipe, mp4 and mov whose last frame is given its time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFfmpeg } from '../../../media/ffmpeg.ts';
import { showLastFrame } from '../../../media/mp4-duration.ts';
import { readNut } from '../../../media/nut-reader.ts';
import { nutFrameHeader, nutHeader } from '../../../media/nut-writer.ts';
import { damageBytes } from '../damage-bytes.ts';
import { writeClip } from '../fixtures.ts';
import { type Target, type Try, withBytes } from '../target.ts';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const SIZE = 3 * 8 * 6;

const nut: Target = {
  name: 'nut',
  inputs: 1000,
  prepare(): Try {
    const frames = [0, 1, 2, 5].flatMap(pts => [nutFrameHeader(pts, SIZE), new Uint8Array(SIZE).fill(pts)]);
    const good = Buffer.concat([nutHeader(8, 6, { num: 1, den: 25 }), ...frames]);
    return async random => {
      for await (const _ of readNut(pieces(damageBytes(good, random), random.pick([1, 7, 4096])), SIZE));
    };
  },
};

const mp4: Target = {
  name: 'mp4',
  inputs: 500,
  async prepare(folder): Promise<Try> {
    const { ffmpeg } = await findFfmpeg({});
    const files = ['a.mp4', 'a.mov'].map(name => join(folder, name));
    for (const file of files) writeClip(file, ffmpeg.path);
    return random => {
      const file = random.pick(files);
      return withBytes(file, damageBytes(readFileSync(file).subarray(0, 4000), random), () =>
        showLastFrame(file, random.pick([0.5, 3600]), 0.1),
      );
    };
  },
};

export const MEDIA_TARGETS: readonly Target[] = [nut, mp4];
