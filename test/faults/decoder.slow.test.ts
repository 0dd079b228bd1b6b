// A decoder that dies or ends early is an error, never a shorter clip, and nothing of its pass is kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeFrames } from '../../media/decode.ts';
import { probe } from '../../media/probe.ts';
import { rerenderCommand } from '../support/cli.ts';
import { brokenFfmpeg, soundClip, tools } from '../support/faults.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = soundClip(join(folder, 'clip.mp4'));
const [width, height] = [64, 48];
const TWO_FRAMES = 2 * width * height * 3 + 2000;

const decode = async (file: string, ffmpeg: string, stall = 120) => {
  const broken = { ...tools, ffmpeg: { ...tools.ffmpeg, path: ffmpeg }, stall };
  const warnings: string[] = [];
  const info = await probe(file, tools);
  let frames = 0;
  for await (const _ of decodeFrames(info, { ffmpeg: broken, width, height, pass: 'the test', warn: w => warnings.push(w) })) frames++;
  return { frames, warnings };
};

/** Runs the true program with an end of its own before the output. */
const frames = (count: number): string => `"$real" "\${@:1:$#-1}" -frames:v ${count} "\${!#}"`;

const SCRIPTS: readonly (readonly [name: string, script: string, says: RegExp])[] = [
  ['is killed', `"$real" "$@" | head -c ${TWO_FRAMES}; kill -9 $$`, /SIGKILL/],
  ['crashes', `"$real" "$@" | head -c ${TWO_FRAMES}; kill -SEGV $$`, /SIGSEGV/],
  ['fails', `"$real" "$@" | head -c ${TWO_FRAMES}; exit 1`, /after 2 of 20 frames/],
  ['fails before the first frame', 'exit 1', /after 0 of 20 frames/],
  ['ends early, its stream cut', `"$real" "$@" | head -c ${TWO_FRAMES}; exit 0`, /after 2 of 20 frames/],
  ['ends early, its stream closed', frames(2), /after 2 of 20 frames/],
  ['ends one frame early', frames(19), /after 19 of 20 frames/],
  ['is told to end', `"$real" "$@" | head -c ${TWO_FRAMES}; kill -TERM $$`, /SIGTERM/],
];

describe('a decoder that', () => {
  test.each(SCRIPTS)('%s: ffmpeg is blamed, not the clip', async (name, script, says) => {
    const ffmpeg = brokenFfmpeg(join(folder, name), 'decoding', script);
    await expect(decode(clip, ffmpeg)).rejects.toMatchObject({ code: 'FFMPEG_FAILED', message: expect.stringMatching(says) });
  });

  test('gives no byte is ended, and its pass named', async () => {
    const ffmpeg = brokenFfmpeg(join(folder, 'stalls'), 'decoding', 'exec sleep 600');
    await expect(decode(clip, ffmpeg, 1)).rejects.toMatchObject({
      code: 'FFMPEG_STALLED',
      message: expect.stringMatching(/reading the test from .*clip\.mp4/),
    });
  });

  test('prints rubbish is an error with a sentence', async () => {
    const ffmpeg = brokenFfmpeg(join(folder, 'rubbish'), 'decoding', 'head -c 100000 /dev/urandom');
    await expect(decode(clip, ffmpeg)).rejects.toMatchObject({ name: expect.stringMatching(/Error/), exitCode: 1 });
  });

  test('is whole gives every frame without a warning', async () => {
    expect(await decode(clip, tools.ffmpeg.path)).toEqual({ frames: 20, warnings: [] });
  });
});

describe('a clip that is cut short itself', () => {
  const cut = join(folder, 'cut.mkv');
  soundClip(cut, 40);
  writeFileSync(cut, readFileSync(cut).subarray(0, 30_000));

  test('gives what there is, with a warning', async () => {
    const { frames, warnings } = await decode(cut, tools.ffmpeg.path);
    expect(frames).toBeGreaterThan(2);
    expect(frames).toBeLessThan(40);
    expect(warnings.length).toBeLessThanOrEqual(1);
  });

  test('damaged in the middle: the warning comes again after a re-run', async () => {
    const damaged = soundClip(join(folder, 'damaged.mp4'), 40);
    const bytes = readFileSync(damaged);
    bytes.fill(0x55, 4000, 9000);
    writeFileSync(damaged, bytes);
    const args = [damaged, '--style', 'x', '--stop-after', 'shots', '--work-dir', join(folder, 'work-damaged')];
    for (const _ of [1, 2]) {
      const { code, stderr } = await rerenderCommand(args);
      expect(code).toBe(0);
      expect(stderr).toMatch(/damaged or cut short/);
    }
  });
});

test('the short analysis of a dead decoder is not kept: the same command with a healthy ffmpeg sees the whole clip', async () => {
  const args = [clip, '--style', 'x', '--stop-after', 'shots', '--json', '--work-dir', join(folder, 'work')];
  for (const [name, script] of SCRIPTS.filter(([name]) => /killed|stream closed/.test(name))) {
    const dead = await rerenderCommand([...args, '--ffmpeg', brokenFfmpeg(join(folder, `cli ${name}`), 'decoding', script)]);
    expect(dead.code).toBe(1);
    expect(`${dead.stdout}${dead.stderr}`).not.toMatch(/damaged or cut short/);
  }
  const { code, stdout } = await rerenderCommand(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/"frames":20\b/);
});
