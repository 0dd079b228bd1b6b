// The programs in examples/, each run as its reader would, by the library's public names.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../config/paths.ts';
import { trueFlow } from '../examples/scene/lakeside.ts';
import { openClip } from '../media/clip.ts';
import type { Picture } from '../media/frame.ts';
import { readPicture } from '../media/picture.ts';
import { psnr } from './stages/clip.ts';
import { exampleClip } from './support/example.ts';
import { start } from './support/process.ts';
import { temporaryFolder } from './support/temporary.ts';

const PROGRAMS = ['denoise-by-hand', 'flow-of-two-frames', 'freeu-on-off', 'propagate-painted-frame', 'watch-and-stop'];
const [WIDTH, HEIGHT] = [456, 256]; // of the example clip at 256 pixels
const GAP = 4; // pixels between the cells of a sheet

const folder = temporaryFolder();
const clip = exampleClip();

/** Runs a program on the example clip; what it prints, and what it was to write. */
const run = async (name: string, result: string): Promise<{ stdout: string; path: string }> => {
  const path = join(folder, result);
  const program = join(packageRoot, 'examples', `${name}.ts`);
  const { code, stdout, stderr } = await start(process.execPath, ['--import', 'tsx', program, clip, path], { cwd: packageRoot }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { stdout, path };
};

/** Cell i of a sheet with one row. */
const cell = ({ width, data }: Picture, i: number): Picture => {
  const out = new Uint8Array(3 * WIDTH * HEIGHT);
  const left = GAP + i * (WIDTH + GAP);
  for (let y = 0; y < HEIGHT; y++) {
    const from = 3 * ((y + GAP) * width + left);
    out.set(data.subarray(from, from + 3 * WIDTH), 3 * y * WIDTH);
  }
  return { width: WIDTH, height: HEIGHT, data: out };
};

const frameOf = async (index: number): Promise<Picture> => (await (await openClip(clip)).read({ size: HEIGHT, select: [index] }))[0]!;

describe('the programs in examples/', { timeout: 120_000 }, () => {
  test('are those that are run here, on one page each, and name the library as its users do', () => {
    const found = readdirSync(join(packageRoot, 'examples')).filter(name => name.endsWith('.ts') && name !== 'generate.ts');
    expect(found.sort()).toEqual(PROGRAMS.map(name => `${name}.ts`));
    for (const name of found) {
      const text = readFileSync(join(packageRoot, 'examples', name), 'utf8');
      expect(text.split('\n').length).toBeLessThanOrEqual(61);
      const sources = [...text.matchAll(/from '([^']+)'/g)].map(match => match[1]!);
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources) expect(source).toMatch(/^rerender(\/(models|stages|media))?$/);
    }
  });

  test('denoise-by-hand draws the frame in another manner', async () => {
    const { stdout, path } = await run('denoise-by-hand', 'denoised.png');
    expect(stdout.match(/^step \d of 6: /gm)).toHaveLength(6);
    const [picture, frame] = [await readPicture(path), await frameOf(40)];
    expect(picture).toMatchObject({ width: WIDTH, height: HEIGHT });
    const likeness = psnr(picture, frame);
    expect(likeness).toBeGreaterThan(12); // the same scene
    expect(likeness).toBeLessThan(30); // drawn anew
  });

  test('freeu-on-off: two drawings of one scene that differ', async () => {
    const { path } = await run('freeu-on-off', 'freeu.png');
    const sheet = await readPicture(path);
    expect(sheet.width).toBe(GAP + 3 * (WIDTH + GAP));
    const [off, on, difference] = [cell(sheet, 0), cell(sheet, 1), cell(sheet, 2)];
    expect(on.data).not.toEqual(off.data);
    const likeness = psnr(off, on);
    expect(likeness).toBeGreaterThan(20);
    expect(likeness).toBeLessThan(60);
    const expected = off.data.map((value, i) => Math.min(255, Math.max(0, 128 + 8 * (on.data[i]! - value))));
    expect(difference.data).toEqual(expected);
    expect(psnr(off, await frameOf(40))).toBeLessThan(30);
  });

  test('flow-of-two-frames tells the motion that the scene has, in colours', async () => {
    const { stdout, path } = await run('flow-of-two-frames', 'flow.png');
    const { flow } = trueFlow(60, 66, { width: WIDTH, height: HEIGHT });
    const lengths = Array.from({ length: WIDTH * HEIGHT }, (_, p) => Math.hypot(flow[2 * p]!, flow[2 * p + 1]!)).sort((a, b) => a - b);
    const median = Number(/^median motion ([\d.]+) cells on a grid of 456x256$/m.exec(stdout)?.[1]);
    expect(median).toBeGreaterThan(0.9 * lengths[lengths.length >> 1]!);
    expect(median).toBeLessThan(1.1 * lengths[lengths.length >> 1]!);
    const hidden = Number(/^([\d.]+) % of the first frame is hidden$/m.exec(stdout)?.[1]);
    expect(hidden).toBeGreaterThan(2);
    expect(hidden).toBeLessThan(25);
    const sheet = await readPicture(path);
    expect(psnr(cell(sheet, 0), await frameOf(60))).toBeGreaterThan(60);
    const motion = cell(sheet, 2);
    const [x, y] = [Math.round(0.9 * WIDTH), Math.round(0.4 * HEIGHT)]; // the near tree, which goes left: cyan
    const [red = 0, green = 0, blue = 0] = motion.data.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3);
    expect(flow[2 * (y * WIDTH + x)]).toBeLessThan(0);
    expect(Math.min(green, blue) - red).toBeGreaterThan(100);
  });

  test('propagate-painted-frame: the painting moves with the scene', async () => {
    const { path } = await run('propagate-painted-frame', 'propagated.mp4');
    const { info, ...result } = await openClip(path);
    expect(info).toMatchObject({ width: WIDTH, height: HEIGHT, rate: 24, streams: [] });
    const frames = await result.read();
    expect(frames).toHaveLength(12);
    expect(frames.map(({ time }) => Math.round(time * 24))).toEqual(frames.map((_, i) => i));
    // Few colours and black lines: further from the source than the source's frames are from each other.
    expect(psnr(frames[0]!, await frameOf(40))).toBeLessThan(20);
    // The last one is like the last source in its large forms: nearer to it than the first one is.
    const last = await frameOf(51);
    expect(psnr(frames[11]!, last)).toBeGreaterThan(psnr(frames[0]!, last) + 0.5);
  });

  test('watch-and-stop ends with the first key frame, and leaves no result', async () => {
    const { stdout, path } = await run('watch-and-stop', 'stopped.mp4');
    const lines = stdout.trim().split('\n');
    expect(lines.at(-1)).toBe('stopped: seen enough');
    expect(lines.filter(line => line.endsWith('is drawn: stop'))).toEqual(['key frame 0 is drawn: stop']);
    expect(lines).toContain('plan: 30 frames, 4 key frames');
    expect(lines.some(line => /^(propagate|encode)/.test(line))).toBe(false);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder).filter(name => name.includes('part'))).toEqual([]);
  });
});
