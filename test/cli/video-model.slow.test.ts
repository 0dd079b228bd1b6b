// A video model in its users' layout, through the command line.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ffmpeg, findFfmpeg } from '../../media/ffmpeg.ts';
import { type Event, type GenerateRequest, generateVideo } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const out = (name: string) => join(folder, name);

let ffmpeg: Ffmpeg;
beforeAll(async () => {
  writeClipModel(model);
  ffmpeg = await findFfmpeg({ env: process.env });
});

/** What a run with `--json` tells at its end. */
const resultOf = (stdout: string): object => (JSON.parse(stdout.trim().split('\n').at(-1)!) as { result: object }).result;

const pixels = (file: string): Buffer =>
  execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1e9 });
const frameTimes = (file: string): number[] =>
  (
    JSON.parse(
      execFileSync(ffmpeg.ffprobe.path, ['-v', 'error', '-of', 'json', '-select_streams', 'v', '-show_entries', 'packet=pts_time', file], {
        encoding: 'utf8',
      }),
    ) as { packets: { pts_time: string }[] }
  ).packets
    .map(p => Number(p.pts_time))
    .sort((a, b) => a - b);

describe('video to video', () => {
  const FRAMES = 23;
  const source = out('source.mp4');
  // two shots, of 14 and of 9 frames; windows of 6 with 2 shared: three, and two
  beforeAll(() => {
    const inputs = ['testsrc2=s=96x64:r=25:d=0.56', 'smptehdbars=s=96x64:r=25:d=0.36', 'sine=d=0.92'].flatMap(i => [
      '-f',
      'lavfi',
      '-i',
      i,
    ]);
    const joined = ['-filter_complex', '[0][1]concat=n=2[v]', '-map', '[v]', '-map', '2', '-pix_fmt', 'yuv420p'];
    execFileSync(ffmpeg.ffmpeg.path, ['-v', 'error', '-y', ...inputs, ...joined, '-c:v', 'libx264', '-c:a', 'aac', source]);
  });
  const args = (name: string, ...more: string[]) => {
    const drawing = ['--style', 'an oil painting', '--model', model, '--size', '64', '--steps', '3', '--strength', '0.7'];
    return [source, '-o', out(name), ...drawing, '--window', '6', '--window-overlap', '2', '--work-dir', out('work'), '--json', ...more];
  };

  test('draws every frame at its time, window by window within each shot', async () => {
    const ran = await rerenderCommand(args('a.mp4'));
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/"windows":\{"count":5,"length":6,"overlap":2\}/);
    expect(resultOf(ran.stdout)).toMatchObject({ kind: 'clip', frames: FRAMES, keyframes: 0, windows: 5, shots: 2 });
    expect(ran.stdout.match(/"type":"denoising","frame":\d+,"step":\d,"steps":2/g)).toEqual(
      [0, 4, 8, 14, 17].flatMap(frame => [1, 2].map(step => `"type":"denoising","frame":${frame},"step":${step},"steps":2`)),
    );
    const expected = frameTimes(source);
    expect(expected.length).toBe(FRAMES);
    const times = frameTimes(out('a.mp4'));
    expect(times.length).toBe(FRAMES);
    for (const [i, time] of times.entries()) expect(Math.abs(time - expected[i]!)).toBeLessThanOrEqual(0.001);
  });

  test('the same again comes out the same, also without what was kept', async () => {
    const again = await rerenderCommand(args('b.mp4'));
    expect(again.stdout).toContain('"stage":"windows","state":"done","cached":5');
    await rerenderCommand(args('c.mp4', '--no-cache'));
    expect(pixels(out('b.mp4')).equals(pixels(out('a.mp4')))).toBe(true);
    expect(pixels(out('c.mp4')).equals(pixels(out('a.mp4')))).toBe(true);
    await rerenderCommand(args('d.mp4', '--seed', '7'));
    expect(pixels(out('d.mp4')).equals(pixels(out('a.mp4')))).toBe(false);
  });

  test('an interrupted run leaves no output, and goes on to the same result', async () => {
    const fresh = ['--work-dir', out('work2')];
    const stopped = await rerenderCommand(args('e.mp4', ...fresh), { interruptWhen: /"stage":"windows","done":[45]/ });
    expect(stopped.code).toBe(130);
    expect(readdirSync(folder).filter(name => name.startsWith('e.'))).toEqual([]);
    const resumed = await rerenderCommand(args('e.mp4', ...fresh));
    expect(resumed.code).toBe(0);
    expect(Number(/"stage":"windows","state":"done","cached":(\d)/.exec(resumed.stdout)?.[1])).toBeGreaterThanOrEqual(1);
    expect(pixels(out('e.mp4')).equals(pixels(out('a.mp4')))).toBe(true);
  });

  test('FreeU at 1,1,1,1 is FreeU off; the model recommends other factors', async () => {
    await rerenderCommand(args('off.mp4', '--freeu', 'off'));
    await rerenderCommand(args('neutral.mp4', '--freeu', '1,1,1,1'));
    expect(pixels(out('neutral.mp4')).equals(pixels(out('off.mp4')))).toBe(true);
    expect(pixels(out('a.mp4')).equals(pixels(out('off.mp4')))).toBe(false);
  });

  test('a single frame is a shot and a window', async () => {
    const ran = await rerenderCommand(args('one.mp4', '--frames', '3-3'));
    expect(resultOf(ran.stdout)).toMatchObject({ kind: 'clip', frames: 1, keyframes: 0, windows: 1, shots: 1 });
    expect(frameTimes(out('one.mp4')).length).toBe(1);
  });

  test('--dry-run measures; what the model has no use for is refused', async () => {
    const dry = await rerenderCommand(args('dry.mp4', '--dry-run'));
    const plan = JSON.parse(dry.stdout) as { windows: object; work: { seconds: { total: number }; unetCalls: number } };
    expect(plan.windows).toEqual({ count: 5, length: 6, overlap: 2 });
    expect(plan.work.unetCalls).toBe(5 * 2);
    expect(plan.work.seconds.total).toBeGreaterThan(0);
    const control = await rerenderCommand(args('no.mp4', '--control', 'canny'));
    expect(control.code).toBe(2);
    expect(control.stdout).toContain('video models in `rerender INPUT` have no use for it');
    const keys = await rerenderCommand(['keyframes', ...args('no')]);
    expect(keys.code).toBe(2);
    expect(keys.stdout).toContain('draws whole clips and no key frames');
    const overlap = await rerenderCommand(args('no.mp4', '--window-overlap', '6'));
    expect(overlap.code).toBe(2);
  });
});

describe('text to video', () => {
  const generate = (name: string, more: GenerateRequest = {}) =>
    generateVideo({
      style: 'a dog runs',
      model,
      size: 64,
      steps: 3,
      frames: [0, 4],
      workDir: out('work'),
      output: out(name),
      device: 'cpu',
      ...more,
    });

  test('draws as many frames as asked for, at their times; the same request gives the same pictures', async () => {
    const steps: number[] = [];
    const result = await generate('t.mp4', {
      fps: 5,
      onEvent: event => event.type === 'progress' && event.stage === 'windows' && steps.push(event.done),
    });
    expect(result).toMatchObject({ output: out('t.mp4'), frames: 5, seed: 42, device: 'cpu' });
    expect(steps).toEqual([1, 2, 3]);
    expect(frameTimes(out('t.mp4'))).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(pixels(out('t.mp4')).length).toBe(5 * 64 * 64 * 3);
    await generate('t2.mp4', { fps: 5, cache: false, workDir: undefined });
    expect(pixels(out('t2.mp4')).equals(pixels(out('t.mp4')))).toBe(true);
    await generate('t3.mp4', { fps: 5, seed: 1 });
    expect(pixels(out('t3.mp4')).equals(pixels(out('t.mp4')))).toBe(false);
  });

  test('the command says what it does, and takes what it was told', async () => {
    const words = ['--prompt', 'a dog runs', '--model', model, '--size', '64', '--steps', '3', '--frames', '5', '--fps', '5'];
    const ran = await rerenderCommand(['generate', ...words, '-o', out('command.mp4'), '--no-cache', '--json', '--device', 'cpu']);
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain('"stage":"windows","done":2,"total":3,"unit":"steps"');
    expect(pixels(out('command.mp4')).equals(pixels(out('t.mp4')))).toBe(true);
    const silent = await rerenderCommand(['generate', '--model', model]);
    expect(silent.code).toBe(2);
    expect(silent.stderr).toContain('No prompt');
  });

  test('FreeU at 1,1,1,1 is FreeU off, and its own factors are not; a window of steps is', async () => {
    const neutral = { b1: 1, b2: 1, s1: 1, s2: 1 };
    const strong = { b1: 1.4, b2: 1.6, s1: 0.9, s2: 0.2 };
    await generate('off', { freeu: 'off' });
    await generate('neutral', { freeu: neutral });
    await generate('strong', { freeu: strong });
    await generate('late', { freeu: strong, freeuStart: 1 });
    const first = (name: string) => readFileSync(join(out(name), 'frame-000000.png'));
    expect(readdirSync(out('off'))).toEqual([0, 1, 2, 3, 4].map(i => `frame-00000${i}.png`));
    expect(first('neutral').equals(first('off'))).toBe(true);
    expect(first('late').equals(first('off'))).toBe(true);
    expect(first('strong').equals(first('off'))).toBe(false);
  });

  test('another container is made from what was drawn; a folder with something in it is kept', async () => {
    const stages: Event[] = [];
    await generate('t.gif', { width: 64, height: 64, onEvent: event => stages.push(event) });
    expect(stages).toContainEqual({ type: 'stage', stage: 'windows', state: 'done', cached: 1 });
    expect(frameTimes(out('t.gif')).length).toBe(5);
    await generate('t.webm', { width: 72, height: 40, frames: [0, 0] });
    expect(pixels(out('t.webm')).length).toBe(72 * 40 * 3);
    await expect(generate('off')).rejects.toThrow(/not empty: give -y/);
  });

  test('says what it cannot do', async () => {
    await expect(generate('x.mp4', { width: 60 })).rejects.toThrow('--width must be a multiple of 8 for this model; got 60.');
    await expect(generate('x.mp4', { frames: [2, 4] })).rejects.toThrow(/--frames says how many frames are drawn/);
    await expect(generate('x.mp4', { model: undefined })).rejects.toThrow(/draws pictures, not clips/);
    await expect(generate('x.txt')).rejects.toThrow(/no ending that names a container/);
    await expect(generate('t.mp4')).rejects.toThrow(/exists: give -y/);
    expect(readdirSync(folder).filter(name => name.startsWith('x.'))).toEqual([]);
  });
});
