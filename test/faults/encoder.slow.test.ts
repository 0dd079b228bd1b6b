// A result gets its name only when it is proven whole: a full disk or an encoder that ends early leaves nothing there.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isClosed } from '../../media/closed.ts';
import { openEncoder } from '../../media/encode.ts';
import { brokenFfmpeg, canMount, countFrames, smallDisk, tools } from '../support/faults.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const FRAMES = 20;
const [width, height] = [160, 96];

/** Noise, which does not compress. */
const frame = (index: number) => {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, x = index + 1; i < data.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    data[i] = x >>> 24;
  }
  return { width, height, data, index, time: index / 10 };
};

const encode = async (output: string, ffmpeg: string = tools.ffmpeg.path, frames = FRAMES, crf = 10, stall = 120): Promise<void> => {
  const encoder = await openEncoder(output, {
    ffmpeg: { ...tools, ffmpeg: { ...tools.ffmpeg, path: ffmpeg }, stall },
    times: Array.from({ length: frames }, (_, i) => i / 10),
    rate: 10,
    width,
    height,
    crf,
    audio: false,
    overwrite: false,
  });
  try {
    for (let i = 0; i < frames; i++) await encoder.write(frame(i));
    await encoder.finish();
  } catch (error) {
    await encoder.abort();
    throw error;
  }
};

describe.skipIf(!canMount)('a full disk', () => {
  const disk = canMount ? smallDisk(join(folder, 'disk'), 128 * 1024) : '';
  const small = canMount ? smallDisk(join(folder, 'small'), 12 * 1024) : '';

  test.each(['mkv', 'webm', 'mp4', 'mov', 'avi', 'gif'])(
    'under a %s: one sentence with the folder and the bytes, nothing left',
    async ending => {
      const output = join(disk, `out.${ending}`);
      await expect(encode(output)).rejects.toMatchObject({
        code: 'DISK_FULL',
        exitCode: 1,
        message: expect.stringMatching(/no room left in .*disk: about [\d.]+ (kB|MB) are needed, .* free/),
      });
      expect(readdirSync(disk)).toEqual([]);
    },
  );

  test.each(['mp4', 'mkv'])('of a few kB, under a small %s', async ending => {
    await expect(encode(join(small, `out.${ending}`), tools.ffmpeg.path, 4, 30)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readdirSync(small)).toEqual([]);
  });

  test('with room again the same result is written', async () => {
    await encode(join(small, 'out.mp4'), tools.ffmpeg.path, 1, 51);
    expect(countFrames(join(small, 'out.mp4'))).toBe(1);
    rmSync(join(small, 'out.mp4'));
  });
});

describe('an encoder that', () => {
  test.each([
    ['ends early with code 0', `"$real" "\${@:1:$#-1}" -frames:v 6 "\${!#}"`],
    ['ends at once with code 0', 'exit 0'],
    ['writes nothing', 'cat > /dev/null'],
    ['writes rubbish', `cat > /dev/null; f="\${!#}"; head -c 5000 /dev/urandom > "\${f#file:}"; exit 0`],
    ['is killed', 'head -c 20000 > /dev/null; kill -9 $$'],
    ['fails', 'head -c 20000 > /dev/null; exit 3'],
    ['cuts the end off', `"$real" "$@"; f="\${!#}"; truncate -s -10 "\${f#file:}"; exit 0`],
    ['is deaf', 'exec sleep 600'],
  ])('%s leaves nothing under the name', async (name, script) => {
    for (const ending of ['mp4', 'mkv']) {
      const place = join(folder, `${name} ${ending}`);
      const ffmpeg = brokenFfmpeg(place, 'encoding', script);
      await expect(encode(join(place, `out.${ending}`), ffmpeg, FRAMES, 10, 10)).rejects.toMatchObject({
        code: expect.stringMatching(/^FFMPEG_(FAILED|STALLED)$/),
        exitCode: 1,
      });
      expect(readdirSync(place)).toEqual(['ffmpeg']);
    }
  });
});

describe('a closed container', () => {
  test.each(['mp4', 'mov', 'mkv', 'webm', 'avi', 'gif'])('%s is one to its last byte and none without it', async ending => {
    const output = join(folder, `whole.${ending}`);
    await encode(output);
    const muxer = ending === 'mkv' ? 'matroska' : ending;
    expect(await isClosed(output, muxer)).toBe(true);
    truncateSync(output, statSync(output).size - 1);
    expect(await isClosed(output, muxer)).toBe(false);
  });

  test('a picture that never changes counts as often as it is shown', async () => {
    for (const ending of ['gif', 'mp4', 'webm']) {
      const output = join(folder, `still.${ending}`);
      const still = frame(1);
      const encoder = await openEncoder(output, {
        ffmpeg: tools,
        times: [0, 1, 2, 3].map(i => i / 10),
        width,
        height,
        crf: 18,
        audio: false,
        overwrite: true,
      });
      for (let index = 0; index < 4; index++) await encoder.write({ ...still, index, time: index / 10 });
      await encoder.finish();
      expect(existsSync(output)).toBe(true);
    }
  });
});

test('what a user keeps beside the output stays: no temporary file takes a name that could be theirs', async () => {
  const output = join(folder, 'mine.mp4');
  const theirs = join(folder, 'mine.part.mp4');
  writeFileSync(theirs, 'keep me');
  await encode(output);
  expect(countFrames(output)).toBe(FRAMES);
  expect(readFileSync(theirs, 'utf8')).toBe('keep me');
});
