// A weaker style, and only a part of a clip: the lines that the documentation has, on small clips.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { type Ffmpeg, findFfmpeg } from '../../media/ffmpeg.ts';
import { readPicture } from '../../media/picture.ts';
import { type Event, generate, keyframes, openSession, type PartialOptions, rerender } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const clip = at('clip.mp4');
const video = at('video-model');
const FRAMES = 20;
const WIDTH = 192;
const HEIGHT = 128;
const SMALL = { size: 64, steps: 4, interval: 4, propagate: 'warp', crf: 1, workDir: at('work') } as const;
const TYPED = ['--size', '64', '--steps', '4', '--interval', '4', '--propagate', 'warp', '--crf', '1', '--work-dir', at('work')];

let ffmpeg: Ffmpeg;
beforeAll(async () => {
  ffmpeg = await findFfmpeg({ env: process.env });
  const inputs = ['-i', join(packageRoot, 'examples', 'lakeside.mp4'), '-f', 'lavfi', '-i', 'sine=d=1'];
  const filters = `settb=1/20,setpts=N,scale=${WIDTH}:${HEIGHT},gblur=1`;
  const sharp = [
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-vf',
    filters,
    '-r',
    '20',
    '-frames:v',
    String(FRAMES),
    '-c:v',
    'libx264',
    '-qp',
    '1',
    '-c:a',
    'aac',
  ];
  execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-y', ...inputs, ...sharp, clip]);
  writeClipModel(video);
});

const asked = (input: string, ...args: string[]): Buffer =>
  execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-i', input, ...args, '-'], { maxBuffer: 1e9 });
/** RGB24 of every frame. */
const pictures = (file: string): Buffer[] => {
  const bytes = asked(file, '-f', 'rawvideo', '-pix_fmt', 'rgb24');
  const size = WIDTH * HEIGHT * 3;
  return Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
};
const soundOf = (file: string): string => asked(file, '-map', '0:a', '-c', 'copy', '-f', 'md5').toString();
const timesOf = (file: string): string =>
  execFileSync(ffmpeg.ffprobe.path, [
    '-v',
    'error',
    '-select_streams',
    'v',
    '-show_entries',
    'frame=best_effort_timestamp',
    file,
  ]).toString();
/** Mean difference of two pictures, levels. */
const apart = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0) / a.length;
/** Of each frame how far it is from the source's. */
const change = (file: string): number[] => {
  const source = pictures(clip);
  return pictures(file).map((picture, i) => apart(picture, source[i]!));
};

const draw = async (name: string, options: PartialOptions): Promise<Event[]> => {
  const events: Event[] = [];
  await rerender({ input: clip, output: at(name), style: 'oil', ...SMALL, ...options, onEvent: event => events.push(event) });
  return events;
};
const planOf = (events: readonly Event[]) => events.flatMap(event => (event.type === 'plan' ? [event.plan] : []))[0]!;

let full: number[];
beforeAll(async () => {
  await draw('full.mp4', {});
  full = change(at('full.mp4'));
  expect(Math.min(...full)).toBeGreaterThan(4);
}, 60_000);

describe('--mix', () => {
  test('rerender clip.mp4 --style "oil" --mix 0.5 is half as far from the source, and draws nothing anew', async () => {
    const { code, stdout } = await rerenderCommand([clip, '--style', 'oil', '--mix', '0.5', '-o', at('half.mp4'), '--json', ...TYPED]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/"unetCalls":(\d+),"unetCallsCached":\1,/);
    expect(stdout).toContain('"mix":0.5');
    expect(stdout).toContain('"stage":"propagate","state":"done","cached":5');
    for (const [i, distance] of change(at('half.mp4')).entries()) {
      expect(distance).toBeGreaterThan(0.4 * full[i]!);
      expect(distance).toBeLessThan(0.6 * full[i]!);
    }
    expect(soundOf(at('half.mp4'))).toBe(soundOf(clip));
  });

  test('1 changes no byte; 0 is the source, and is told', { timeout: 60_000 }, async () => {
    await draw('one.mp4', { mix: 1 });
    expect(readFileSync(at('one.mp4')).equals(readFileSync(at('full.mp4')))).toBe(true);
    const events = await draw('zero.mp4', { mix: 0 });
    expect(events).toContainEqual({ type: 'warning', message: expect.stringMatching(/--mix 0 shows the source alone/) });
    expect(Math.max(...change(at('zero.mp4')))).toBeLessThan(2);
  });

  test('key frames are written as they are in the result', async () => {
    const { propagate: _, crf: __, ...drawing } = SMALL;
    for (const mix of [1, 0.5]) await keyframes({ input: clip, style: 'oil', ...drawing, mix, output: at(`keys-${mix}`) });
    const [drawn, half] = await Promise.all([1, 0.5].map(mix => readPicture(join(at(`keys-${mix}`), 'keyframe-000008.png'))));
    const session = await openSession({ input: clip, style: 'oil', ...SMALL });
    try {
      const source: Uint8Array[] = [];
      for await (const { data } of session.frames(await session.plan({ mix: 0 }))) source.push(data);
      expect(source.length).toBe(FRAMES);
      expect(apart(half!.data, source[8]!) / apart(drawn!.data, source[8]!)).toBeCloseTo(0.5, 1);
    } finally {
      await session.close();
    }
  });

  test('pictures that begin at one are laid over it', { timeout: 60_000 }, async () => {
    const png = at('begin.png');
    execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-y', '-i', clip, '-frames:v', '1', '-vf', 'scale=96:64', png]);
    const request = { style: 'oil', init: png, size: 64, steps: 4, cache: false } as const;
    const distances: number[] = [];
    for (const mix of [0, 0.5, 1]) {
      await generate({ ...request, mix, output: at(`picture-${mix}.png`) });
      distances.push(apart((await readPicture(at(`picture-${mix}.png`))).data, (await readPicture(png)).data));
    }
    expect(distances[0]).toBe(0);
    expect(distances[1]! / distances[2]!).toBeCloseTo(0.5, 1);
    await expect(generate({ style: 'oil', mix: 0.5, output: at('no.png') })).rejects.toThrow(
      /--mix lays the drawing over the picture of --init/,
    );
  });
});

describe('--only', () => {
  test('rerender clip.mp4 --style "oil" --only 0.2-0.6 keeps the rest, sound and all', async () => {
    const work = ['--work-dir', at('only-work')];
    const ran = await rerenderCommand([clip, '--style', 'oil', '--only', '0.2-0.6', '-o', at('only.mp4'), '--json', ...TYPED, ...work]);
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('"only":[[4,11]]');
    expect(ran.stdout).toContain('"keyframes":[0,4,8,11,15]'); // those that the part leans on, none behind it
    expect(ran.stdout).toContain('"done":3,"total":3,"unit":"intervals"');
    expect(timesOf(at('only.mp4'))).toBe(timesOf(clip));
    expect(soundOf(at('only.mp4'))).toBe(soundOf(clip));
    const whole = pictures(at('full.mp4'));
    for (const [i, picture] of pictures(at('only.mp4')).entries()) {
      const inside = i >= 4 && i <= 11;
      expect(apart(picture, inside ? whole[i]! : pictures(clip)[i]!)).toBeLessThan(inside ? 3 : 1.5);
    }
  });

  test('--only-fade 0.2 blends inside the borders; several parts, by frames and by times', async () => {
    const parts = ['--only', '2-13', '--only', '0.85-1.0', '--only-fade', '0.2'];
    const ran = await rerenderCommand([clip, '--style', 'oil', ...parts, '-o', at('fade.mp4'), '--json', ...TYPED]);
    expect(ran.stdout).toContain('"only":[[2,13],[17,19]]');
    const far = change(at('fade.mp4')).map((distance, i) => distance / full[i]!);
    const around = (i: number, expected: number) => expect(Math.abs(far[i]! - expected)).toBeLessThan(0.12);
    for (const i of [0, 1, 14, 15, 16]) expect(far[i]).toBeLessThan(0.15);
    for (const [i, share] of [0.2, 0.4, 0.6, 0.8, 1, 1].entries()) around(2 + i, share);
    for (const [i, share] of [0.2, 0.4, 0.6, 0.8, 1].entries()) around(13 - i, share);
    around(17, 0.2);
    around(19, 0.6);
  });

  test('parts at the working size without blending are those of the whole', { timeout: 60_000 }, async () => {
    const session = await openSession({ input: clip, style: 'oil', ...SMALL });
    const collect = async (options: PartialOptions): Promise<Uint8Array[]> => {
      const frames: Uint8Array[] = [];
      for await (const { data } of session.frames(await session.plan(options))) frames.push(data);
      return frames;
    };
    try {
      const [whole, source, part] = [await collect({}), await collect({ mix: 0 }), await collect({ only: ['4-11'] })];
      expect(part.length).toBe(FRAMES);
      for (const [i, frame] of part.entries()) expect(Buffer.from(frame).equals(i >= 4 && i <= 11 ? whole[i]! : source[i]!)).toBe(true);
    } finally {
      await session.close();
    }
  });

  test('a video model draws the windows that a part needs', { timeout: 60_000 }, async () => {
    const options = { model: video, strength: 0.7, window: 6, windowOverlap: 2, interval: undefined, propagate: undefined } as const;
    const whole = planOf(await draw('windows.mp4', options));
    const events = await draw('windows-only.mp4', { ...options, only: ['6-8'], mix: 0.5 });
    const plan = planOf(events);
    expect(plan.windows!.count).toBeLessThan(whole.windows!.count);
    expect(plan.work.unetCallsCached).toBe(plan.work.unetCalls);
    expect(events).toContainEqual({ type: 'stage', stage: 'windows', state: 'done', cached: plan.windows!.count });
    const [all, some] = [change(at('windows.mp4')), change(at('windows-only.mp4'))];
    for (const [i, distance] of some.entries()) {
      if (i < 6 || i > 8) expect(distance).toBeLessThan(2);
      else expect(distance / all[i]!).toBeCloseTo(0.5, 1);
    }
  });
});

describe('refused in a sentence', () => {
  const WHOLE = ['--steps', '8', '--strength-steps', 'whole'];
  test.each<[string[], RegExp]>([
    [[clip, '--only', '0.5-1.6'], /--only 0\.5-1\.6 lies outside the clip, which has 20 frames, 0-19, from 0\.00 s to 1\.00 s/],
    [[clip, '--only', '15-25'], /--only 15-25 lies outside the clip/],
    [[clip, '--only', '7'], /--only must be two frame numbers such as 30-60, or two times/],
    [[clip, '--mix', '2'], /--mix must be a number from 0 to 1; got "2"/],
    [[clip, '--strength', '0'], /--strength 0 of 4 steps runs none of them, so nothing would be drawn: give .* --strength 0\.001\. For/],
    [[clip, '--strength', '0.1', ...WHOLE], /--strength 0\.1 of 8 steps runs none .* 0\.125, or at least --steps 10\. .*--mix 0\.3/],
    [[clip, '--strength', '0.1', '--model', video, '--steps', '4'], /--strength 0\.1 of 4 steps runs none/],
    [['keyframes', clip, '--strength', '0.1', ...WHOLE], /--strength 0\.1 of 8 steps runs none/],
    [['generate', '--init', join('examples', 'none.png'), '--strength', '0.1', ...WHOLE], /--strength 0\.1 of 8 steps runs none/],
  ])('%j', async (args, message) => {
    const { code, stderr } = await rerenderCommand([
      ...args,
      '--style',
      'oil',
      '--no-cache',
      '--size',
      '64',
      '-o',
      at('none.out.mp4'.replace('.mp4', args[0] === 'generate' ? '.png' : '.mp4')),
    ]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
