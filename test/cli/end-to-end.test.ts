// The main job on the example clip, through the real ffmpeg, onnxruntime and OpenCV, at a small size.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { type Ffmpeg, findFfmpeg } from '../../media/ffmpeg.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = join(folder, 'lakeside.mp4');
const work = join(folder, 'work');
const FRAMES = 24;
const SMALL = ['--size', '128', '--steps', '4', '--strength', '0.6', '--frames', `0-${FRAMES - 1}`, '--work-dir', work];

let ffmpeg: Ffmpeg;
beforeAll(async () => {
  copyFileSync(join(packageRoot, 'examples', 'lakeside.mp4'), clip);
  ffmpeg = await findFfmpeg({ env: process.env });
});

const out = (name: string) => join(folder, name);
const probe = (file: string, ...args: string[]) =>
  execFileSync(ffmpeg.ffprobe.path, ['-v', 'error', '-of', 'json', ...args, file], { encoding: 'utf8' });
const frameTimes = (file: string): number[] =>
  (JSON.parse(probe(file, '-select_streams', 'v', '-show_entries', 'packet=pts_time')) as { packets: { pts_time: string }[] }).packets
    .map(p => Number(p.pts_time))
    .sort((a, b) => a - b);
/** RGB24 of all frames at 64x36. */
const pixels = (file: string): Buffer =>
  execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-i', file, '-vf', 'scale=64:36', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
    maxBuffer: 1e9,
  });
const meanDifference = (a: Buffer, b: Buffer): number =>
  a.subarray(0, b.length).reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0) / Math.min(a.length, b.length);

describe('the main job', () => {
  test('re-renders every frame at its time, tells what it does, and writes only the result', async () => {
    const output = out('watercolor.mp4');
    const ran = await rerenderCommand([clip, '--style', 'a watercolor painting', '-o', output, '--json', ...SMALL]);
    expect(ran.code).toBe(0);
    const events = ran.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { v: number; type: string } & Record<string, never>);
    expect(new Set(events.map(e => e.v))).toEqual(new Set([1]));
    expect(events.find(e => e.type === 'plan')).toMatchObject({
      plan: { frames: FRAMES, keyframes: [0, 8, 15, 23], workingSize: [224, 128], work: { unetCalls: 12 } },
    });
    expect(events.at(-1)).toMatchObject({ type: 'result', result: { output, frames: FRAMES, keyframes: 4 } });
    const expected = frameTimes(clip).slice(0, FRAMES);
    const times = frameTimes(output);
    expect(times.length).toBe(FRAMES);
    for (const [i, time] of times.entries()) expect(Math.abs(time - expected[i]!)).toBeLessThanOrEqual(0.001);
    expect(meanDifference(pixels(clip), pixels(output))).toBeGreaterThan(5); // it is another picture ...
    expect(meanDifference(pixels(clip), pixels(output))).toBeLessThan(70); // ... of the same scene
    expect(readdirSync(folder).filter(name => name.includes('watercolor'))).toEqual(['watercolor.mp4']);
  });

  test('another style looks different; the same again comes out the same, from finished parts', async () => {
    await rerenderCommand([clip, '--style', 'neon, cyberpunk', '-o', out('neon.mp4'), ...SMALL]);
    expect(meanDifference(pixels(out('neon.mp4')), pixels(out('watercolor.mp4')))).toBeGreaterThan(15);
    const again = await rerenderCommand([clip, '--style', 'a watercolor painting', '-o', out('again.mp4'), ...SMALL]);
    expect(again.stderr).toMatch(/key frames: done in .* \(4 kept from an earlier run\)/);
    expect(pixels(out('again.mp4')).equals(pixels(out('watercolor.mp4')))).toBe(true);
    const fresh = await rerenderCommand([
      clip,
      '--style',
      'a watercolor painting',
      '-o',
      out('fresh.mp4'),
      '--no-cache',
      '--jobs',
      '1',
      ...SMALL,
    ]);
    expect(fresh.code).toBe(0);
    expect(pixels(out('fresh.mp4')).equals(pixels(out('watercolor.mp4')))).toBe(true);
  });

  test('an interrupted run leaves no output, and goes on from where it was', async () => {
    const output = out('resumed.mp4');
    const args = [clip, '--style', 'an oil painting', '-o', output, '--json', ...SMALL];
    const stopped = await rerenderCommand(args, { interruptWhen: /"type":"preview","frame":8/ });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toContain('INTERRUPTED');
    expect(readdirSync(folder).filter(name => name.includes('resumed'))).toEqual([]);
    const resumed = await rerenderCommand(args);
    expect(resumed.code).toBe(0);
    expect(Number(/"stage":"keyframes","state":"done","cached":(\d)/.exec(resumed.stdout)?.[1])).toBeGreaterThanOrEqual(2);
    await rerenderCommand([clip, '--style', 'an oil painting', '-o', out('whole.mp4'), '--no-cache', ...SMALL]);
    expect(pixels(output).equals(pixels(out('whole.mp4')))).toBe(true);
  });

  test('sound is copied bit for bit, the whole clip keeps its length', async () => {
    const output = out('whole-clip.mp4');
    const ran = await rerenderCommand([
      clip,
      '--style',
      'a comic book',
      '-o',
      output,
      '--size',
      '64',
      '--steps',
      '2',
      '--strength',
      '1',
      '--interval',
      '40',
      '--work-dir',
      work,
    ]);
    expect(ran.code).toBe(0);
    const sound = (file: string) =>
      execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-i', file, '-map', '0:a', '-c', 'copy', '-f', 'md5', '-'], { encoding: 'utf8' });
    expect(sound(output)).toBe(sound(clip));
    expect(frameTimes(output)).toEqual(frameTimes(clip));
    const stream = (JSON.parse(probe(output, '-select_streams', 'v', '-show_streams')) as { streams: Record<string, unknown>[] })
      .streams[0]!;
    expect(stream).toMatchObject({
      codec_name: 'h264',
      pix_fmt: 'yuv420p',
      width: 640,
      height: 360,
      color_space: 'bt709',
      color_range: 'tv',
    });
  });
});

describe('its parts', () => {
  test('--dry-run prints the plan with measured time and memory, and writes nothing', async () => {
    const ran = await rerenderCommand([clip, '--style', 'a mosaic', '-o', out('dry.mp4'), '--dry-run', '--json', ...SMALL]);
    const plan = JSON.parse(ran.stdout) as { work: { seconds: { total: number }; memory: number }; keyframes: number[]; freeuRow: object };
    expect(plan.keyframes).toEqual([0, 8, 15, 23]);
    expect(plan.freeuRow).toEqual({ row: 'model', why: 'as the model recommends' });
    expect(plan.work.seconds.total).toBeGreaterThan(0);
    expect(plan.work.memory).toBeGreaterThan(5e7);
    expect(existsSync(out('dry.mp4'))).toBe(false);
  });

  test('keyframes writes PNGs and a contact sheet', async () => {
    const ran = await rerenderCommand(['keyframes', clip, '--preset', 'watercolor', '-o', out('keys'), ...SMALL]);
    expect(ran.code).toBe(0);
    expect(readdirSync(out('keys'))).toEqual([
      'contact-sheet.png',
      'keyframe-000000.png',
      'keyframe-000008.png',
      'keyframe-000015.png',
      'keyframe-000023.png',
    ]);
    expect(
      readFileSync(join(out('keys'), 'contact-sheet.png'))
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  test('FreeU at 1,1,1,1 is FreeU off; other factors are not', async () => {
    const key = async (freeu: string) => {
      await rerenderCommand([
        'keyframes',
        clip,
        '--style',
        'an oil painting',
        '-o',
        out(`keys-${freeu}`),
        '--freeu',
        freeu,
        ...SMALL,
        '--frames',
        '0-0',
      ]);
      return readFileSync(join(out(`keys-${freeu}`), 'keyframe-000000.png'));
    };
    const [off, neutral, strong] = [await key('off'), await key('1,1,1,1'), await key('1.4,1.6,0.9,0.2')];
    expect(neutral.equals(off)).toBe(true);
    expect(strong.equals(off)).toBe(false);
  });

  test('a clip cut short is re-rendered as far as it goes, with a warning', async () => {
    const whole = readFileSync(clip);
    const cut = out('cut.mp4');
    execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-y', '-i', clip, '-an', '-c', 'copy', '-movflags', '+faststart', cut]);
    const bytes = readFileSync(cut);
    writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.5)));
    const ran = await rerenderCommand([
      cut,
      '--style',
      'a comic book',
      '-o',
      out('cut-out.mp4'),
      '--size',
      '64',
      '--steps',
      '2',
      '--interval',
      '40',
      '--work-dir',
      work,
    ]);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/warning: .*cut/);
    const frames = frameTimes(out('cut-out.mp4')).length;
    expect(frames).toBeGreaterThan(5);
    expect(frames).toBeLessThan(84);
    expect(statSync(clip).size).toBe(whole.length);
  });
});
