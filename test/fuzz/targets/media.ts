// What ffmpeg writes: NUT in the pipe, mp4 and mov whose last frame is given its time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settle } from '../../../config/layers.ts';
import { findFfmpeg } from '../../../media/ffmpeg.ts';
import { showLastFrame } from '../../../media/mp4-duration.ts';
import { readNut } from '../../../media/nut-reader.ts';
import { nutFrameHeader, nutHeader } from '../../../media/nut-writer.ts';
import { writePng } from '../../../media/picture.ts';
import { withPngText } from '../../../media/png-text.ts';
import { withPngSettings } from '../../../pipeline/jobs/generate/from-png.ts';
import { layersOf } from '../../../pipeline/session/request.ts';
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

const INFOTEXT =
  'a boat\nNegative prompt: grey\nSteps: 3, Sampler: DPM++ 2M Karras, CFG scale: 6, Seed: 7, Size: 96x64, Clip skip: 2, Mix: 0.5, ' +
  'FreeU Stages: "[{\\"backbone_factor\\": 1.2, \\"skip_cutoff\\": 0.2}, {}]", FreeU Schedule: "0.0, 2, 0.3", FreeU Version: 2, ' +
  'FreeU: "1,2,1,1", FreeU further: "1:width=0.4", Sheet: 4, Model: x, Version: v1';

/** A PNG with damage in its bytes, or a whole one whose text is damaged: what `--from-png` takes keeps the rules of its options. */
const png: Target = {
  name: 'png settings',
  inputs: 500,
  async prepare(folder): Promise<Try> {
    const file = join(folder, 'a.png');
    await writePng(file, { width: 8, height: 8, data: new Uint8Array(192) });
    const plain = readFileSync(file);
    return random => {
      const whole = random.chance(0.5);
      const text = whole ? damageBytes(Buffer.from(INFOTEXT), random).toString('utf8') : INFOTEXT;
      const bytes = withPngText(plain, 'parameters', text);
      return withBytes(file, whole ? bytes : damageBytes(bytes, random), async () =>
        settle(layersOf(await withPngSettings({ input: '', init: 'x.png', fromPng: file }))),
      );
    };
  },
};

export const MEDIA_TARGETS: readonly Target[] = [nut, mp4, png];
