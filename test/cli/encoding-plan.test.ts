// The plan tells how the result is encoded, and what would fail there fails at the plan.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ffmpeg } from '../media/support.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = join(folder, 'clip.mkv');
const out = (name: string): string => join(folder, name);
const SMALL = ['--style', 'x', '--size', '64', '--steps', '2', '--no-cache'];

beforeAll(() => {
  const sound = '-f lavfi -i anullsrc=cl=5.1(side):r=48000 -t 0.3';
  ffmpeg(`-f lavfi -i testsrc=s=64x64:r=10:d=0.3 ${sound} -c:v libx264 -c:a ac3 ${clip}`);
});

test('a dry run tells what becomes of each stream', async () => {
  const text = await rerenderCommand([clip, ...SMALL, '-o', out('x.webm'), '--dry-run']);
  expect(text).toMatchObject({ code: 0 });
  expect(text.stdout).toMatch(/^encoding {3}libvpx-vp9 in webm, 64x64$/m);
  expect(text.stdout).toMatch(/^stream 1 {3}audio, ac3: encoded as libopus \(webm cannot hold it; 5\.1\(side\) becomes 5\.1\)$/m);
  const json = await rerenderCommand([clip, ...SMALL, '-o', out('x.mkv'), '--dry-run', '--json']);
  expect(JSON.parse(json.stdout).encoding).toEqual({
    container: 'matroska',
    encoder: 'libx264',
    size: [64, 64],
    streams: [{ stream: 1, type: 'audio', codec: 'ac3', what: 'copied' }],
  });
});

test('containers and encoders that do not work end a run before it draws', async () => {
  for (const [more, words] of [
    [['-o', out('x.png')], /no ending that names a container/],
    [['-o', out('x_%04d.png')], /no ending that names a container/],
    [['-o', out('x.mp4'), '--codec', 'nosuch'], /nosuch is no encoder/],
    [['-o', out('x.mov'), '--codec', 'libvpx-vp9'], /change --codec libvpx-vp9/],
    [['-o', out('x.mp4'), '--ffmpeg-args=-nosuch 1'], /change --ffmpeg-args/],
  ] as const) {
    const ran = await rerenderCommand([clip, ...SMALL, ...more]);
    expect(ran.stderr).toMatch(words);
    expect(ran.stderr).not.toMatch(/key frames/);
    expect(ran.code).toBe(2);
    expect(existsSync(more[1])).toBe(false);
  }
});
