// ControlNets with pictures of the user's own, several at once, and samplers, through the command line.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { readPicture } from '../../media/picture.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = join(folder, 'clip.mkv');
const network = join(embeddedModel, 'controlnet');
const FRAMES = 2;

beforeAll(async () => {
  const { ffmpeg } = await findFfmpeg({ env: process.env });
  const source = exampleClip();
  execFileSync(ffmpeg.path, ['-v', 'error', '-i', source, '-an', '-frames:v', String(FRAMES), '-c:v', 'ffv1', clip]);
  execFileSync(ffmpeg.path, ['-v', 'error', '-i', source, '-frames:v', '3', join(folder, 'frame%d.png')]);
});

let runs = 0;
const keyframes = async (...args: string[]): Promise<{ code: number | null; stderr: string; first: () => Promise<Buffer> }> => {
  const output = join(folder, `out${++runs}`);
  const small = [
    '--size',
    '96',
    '--steps',
    '2',
    '--strength',
    '1',
    '--cross-period',
    'off',
    '--warp-period',
    'off',
    '--mask-period',
    'off',
    '--ada-period',
    'off',
    '--work-dir',
    join(folder, 'work'),
  ];
  const { code, stderr } = await rerenderCommand(['keyframes', clip, '--style', 'a watercolor painting', '-o', output, ...small, ...args]);
  const first = async (): Promise<Buffer> => Buffer.from((await readPicture(join(output, 'keyframe-000000.png'))).data);
  return { code, stderr, first };
};

describe('controls', () => {
  test('the frames brought as a video guide as the frames themselves do; half of the steps less', async () => {
    const [own, brought, half, none] = [
      await keyframes('--control', 'tile'),
      await keyframes('--control', `tile=${network},images=${clip}`),
      await keyframes('--control', 'tile,steps=0-0.5'),
      await keyframes('--control', 'none'),
    ];
    expect([own, brought, half, none].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const expected = await own.first();
    expect((await brought.first()).equals(expected)).toBe(true);
    expect((await half.first()).equals(expected)).toBe(false);
    expect((await half.first()).equals(await none.first())).toBe(false);
  });

  test('several at once: the second of scale 0 changes nothing, of scale 1 it does', async () => {
    const picture = join(folder, 'frame3.png');
    const with0 = await keyframes('--control', 'tile', '--control', `depth=${network}:0,images=${picture}`);
    const with1 = await keyframes('--control', 'tile', '--control', `depth=${network}:1,images=${picture}`);
    const alone = await (await keyframes('--control', 'tile')).first();
    expect((await with0.first()).equals(alone)).toBe(true);
    expect((await with1.first()).equals(alone)).toBe(false);
  });

  test('too few pictures are told before anything is drawn', async () => {
    const { code, stderr } = await keyframes('--control', `lineart=${network},images=${folder}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/holds 3 pictures for 2 frames: give one for each frame/);
  });

  test('an annotator that is not there is told by its name', async () => {
    const { code, stderr } = await keyframes('--control', `hed=${network},annotator=${join(folder, 'ControlNetHED.pth')}`);
    expect(code).toBe(3);
    expect(stderr).toMatch(/no annotator .*ControlNetHED.pth/);
  });
});

describe('samplers', () => {
  test('each draws another picture of the same frame, the same one each time', async () => {
    const drawn = (...args: string[]) => keyframes('--frames', '1', ...args);
    const [ddim, unipc, ancestral] = [await drawn(), await drawn('--sampler', 'unipc'), await drawn('--sampler', 'euler-a')];
    const again = await drawn('--sampler', 'euler-a', '--no-cache');
    expect([ddim, unipc, ancestral, again].map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(['', '', '', '']);
    expect((await unipc.first()).equals(await ddim.first())).toBe(false);
    expect((await ancestral.first()).equals(await ddim.first())).toBe(false);
    expect((await again.first()).equals(await ancestral.first())).toBe(true);
  });

  test('a schedule that a sampler cannot serve is told before anything is drawn', async () => {
    const { code, stderr } = await keyframes('--sampler', 'lcm', '--steps', '60');
    expect(code).toBe(1);
    expect(stderr).toMatch(/original_inference_steps 50 allows/);
  });
});
