// `rerender compare`: videos side by side and wiped, strips of frames; other lengths, shapes and rates.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openClip } from '../../media/clip.ts';
import type { Picture } from '../../media/frame.ts';
import { readPicture } from '../../media/picture.ts';
import { type CompareRequest, compare, type Event } from '../../pipeline/index.ts';
import { ffmpeg } from '../media/support.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** A clip of one colour that grows brighter by 8 levels a frame, 12 frames at 12 a second where nothing else is said. */
const make = (name: string, colour: string, { size = '160x90', frames = 12, rate = 12, more = '' } = {}): string => {
  const grow = `lutrgb=r=val:g=val:b=val,geq=r='r(X,Y)+8*floor(T*12+0.01)':g='g(X,Y)':b='b(X,Y)'`;
  const sound = name.endsWith('.mkv') ? '-f lavfi -i sine=440:duration=1 -c:a aac' : '';
  ffmpeg(`-f lavfi -i color=${colour}:s=${size}:r=${rate} ${sound} -frames:v ${frames} -vf ${grow} -c:v libx264 -qp 0 ${more} ${at(name)}`);
  return at(name);
};
const source = make('source.mkv', '0x400000');
const green = make('green.mp4', '0x40a000');
const blue = make('blue.mp4', '0x4000a0');
const short = make('short.mp4', '0x40a000', { frames: 6 });
const fast = make('fast.mp4', '0x40a000', { frames: 24, rate: 24 });
const tall = make('tall.mp4', '0x40a000', { size: '90x160' });

type Colour = [number, number, number];
const pixel = ({ data, width }: Picture, x: number, y: number): Colour =>
  [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)] as Colour;
const near = (a: Colour, b: Colour): void => {
  for (const c of [0, 1, 2] as const) expect(Math.abs(a[c] - b[c])).toBeLessThan(10);
};

const run = async (inputs: string[], output: string, more: Partial<CompareRequest> = {}) => {
  const warnings: string[] = [];
  const onEvent = (event: Event): void => void (event.type === 'warning' && warnings.push(event.message));
  const result = await compare({ inputs, output: at(output), onEvent, crf: 4, ...more });
  const frames = /\.(png|jpg)$/.test(output) ? [] : await (await openClip(at(output))).read();
  return { result, warnings, frames };
};

describe('a video', () => {
  test('side by side, frame by frame, with the sound and the times of the source', async () => {
    const ran = await rerenderCommand(['compare', 'source.mkv', 'green.mp4', '-o', 'side.mp4'], { cwd: folder });
    expect(ran.stderr).toMatch(/2 clips compared in .*\nside\.mp4/);
    expect(ran.code).toBe(0);
    const { info, read } = await openClip(at('side.mp4'));
    expect(info.streams.map(({ type }) => type)).toEqual(['audio']);
    const frames = await read();
    expect(frames.map(({ time }) => Math.round(time * 12))).toEqual(Array.from({ length: 12 }, (_, i) => i));
    for (const frame of [frames[0]!, frames[11]!]) {
      near(pixel(frame, 20, 45), [64 + 8 * frame.index, 0, 0]);
      near(pixel(frame, 300, 45), [64 + 8 * frame.index, 160, 0]);
    }
    expect([frames[0]!.width % 2, frames[0]!.height]).toEqual([0, 100]);
    const label = frames[0]!.data.subarray(3 * frames[0]!.width * 91);
    expect(label.some(value => value > 200)).toBe(true);
  });

  test('a border wipes from one to the other and back', async () => {
    const { frames } = await run([source, green], 'wipe.mp4', { as: 'wipe' });
    const shareOfSource = frames.map(
      frame => Array.from({ length: 160 }, (_, x) => pixel(frame, x, 30)[1] < 80).filter(Boolean).length / 160,
    );
    expect(shareOfSource[0]).toBeLessThan(0.05);
    expect(Math.max(...shareOfSource)).toBeGreaterThan(0.9);
    expect(shareOfSource.at(-1)).toBeLessThan(0.05);
    expect([frames[0]!.width, frames[0]!.height]).toEqual([160, 90]);
  });

  test('several results in a grid, with names of their own, at a width', async () => {
    const { frames, result } = await run([source, green, blue], 'grid.gif', { labels: ['before', 'a', 'b'], width: 240, audio: false });
    expect(result).toMatchObject({ clips: 3, frames: 12 });
    const [first] = frames;
    expect(first!.width).toBe(240);
    near(pixel(first!, 30, 20), [64, 0, 0]);
    near(pixel(first!, 200, 20), [64, 160, 0]);
    near(pixel(first!, 30, Math.round(0.7 * first!.height)), [64, 0, 160]);
  });

  test('clips of another rate are shown by time; of another length as long as the shortest, with a warning', async () => {
    const { frames, warnings } = await run([source, fast], 'rates.mp4');
    expect(warnings).toEqual([]);
    near(pixel(frames[9]!, 300, 45), [64 + 72, 160, 0]);
    const cut = await run([source, short], 'short-side.mp4');
    expect(cut.frames).toHaveLength(6);
    expect(cut.warnings[0]).toMatch(
      /short\.mp4 lasts 0\.50 s and .*source\.mkv lasts 1\.00 s: the comparison ends with the shorter; --start/,
    );
    const part = await run([source, short], 'part.mp4', { frames: [6, 11] });
    expect(part.warnings).toEqual([]);
    near(pixel(part.frames[0]!, 20, 45), [64 + 48, 0, 0]);
    near(pixel(part.frames[0]!, 300, 45), [64, 160, 0]);
  });

  test('a clip of another shape stands whole in its cell', async () => {
    const { frames } = await run([source, tall], 'shapes.mp4');
    near(pixel(frames[0]!, 240, 45), [64, 160, 0]);
    near(pixel(frames[0]!, 180, 45), [0, 0, 0]);
  });
});

describe('a strip of frames', () => {
  test('a row for each clip, a column for each time', async () => {
    const ran = await rerenderCommand(['compare', 'source.mkv', 'green.mp4', '-o', 'strip.png', '--columns', '4'], { cwd: folder });
    expect(ran.code).toBe(0);
    const strip = await readPicture(at('strip.png'));
    const [stepX, stepY] = [164, 90 + 9 + 4];
    expect([strip.width, strip.height]).toEqual([4 + 4 * stepX, 4 + 2 * stepY]);
    for (const [column, frame] of [0, 4, 7, 11].entries()) {
      near(pixel(strip, 4 + column * stepX + 80, 50), [64 + 8 * frame, 0, 0]);
      near(pixel(strip, 4 + column * stepX + 80, stepY + 50), [64 + 8 * frame, 160, 0]);
    }
  });

  test('at times and frames; each once, rising', async () => {
    await run([source, green], 'times.png', { at: ['0.5', '2f', 0.51] });
    const strip = await readPicture(at('times.png'));
    expect(strip.width).toBe(4 + 2 * 164);
    near(pixel(strip, 84, 50), [64 + 16, 0, 0]);
    near(pixel(strip, 248, 50), [64 + 48, 0, 0]);
  });
});

describe('what cannot be compared', () => {
  test.each<[string, string[], string, Partial<CompareRequest>, RegExp]>([
    ['one clip', [source], 'x.mp4', {}, /needs two clips at least/],
    [
      'another shape in a wipe',
      [source, tall],
      'x.mp4',
      { as: 'wipe' },
      /160x90 .* 90x160: .*differ too much for a wipe; --as side shows both/,
    ],
    ['three in a wipe', [source, green, blue], 'x.mp4', { as: 'wipe' }, /A wipe shows two clips, and there are 3: --as side/],
    ['a wipe as a picture', [source, green], 'x.png', { as: 'wipe' }, /--as wipe is a video: give -o an ending such as \.mp4/],
    ['a strip as a video', [source, green], 'x.mp4', { as: 'strip' }, /A strip of frames is a picture: give -o the ending \.png/],
    ['an unknown form', [source, green], 'x.mp4', { as: 'fade' as 'side' }, /--as must be one of side, wipe, strip; got "fade"/],
    ['times of a video', [source, green], 'x.mp4', { at: [1] }, /--at belongs to a strip of frames/],
    [
      'a time behind the end',
      [source, short],
      'x.png',
      { at: ['0.9'] },
      /--at 0\.9 lies behind the last frame that all clips have, .* 0\.42 s \(5f\)/,
    ],
    ['no columns', [source, green], 'x.png', { columns: 0 }, /--columns must be a whole number from 1 to 100; got 0/],
    ['too few labels', [source, green], 'x.mp4', { labels: ['a'] }, /There are 1 labels for 2 clips: give one for each/],
    ['the result as output', [source, green], 'green.mp4', {}, /The output .*green\.mp4 is the input itself/],
    ['another ending', [source, green], 'x.txt', {}, /x\.txt has no ending that names a container/],
    ['a missing result', [source, at('none.mp4')], 'x.mp4', {}, /none\.mp4 does not exist/],
    ['an option of drawing', [source, green], 'x.mp4', { steps: 3 }, /steps belongs to .*; `rerender compare` has no use for it/],
  ])('%s: a clear error', async (_, inputs, output, more, message) => {
    await expect(run(inputs, output, more)).rejects.toThrow(message);
    expect(existsSync(at('x.mp4')) || existsSync(at('x.png'))).toBe(false);
  });

  test('no output, and one that exists', async () => {
    const none = await rerenderCommand(['compare', source, green], { cwd: folder });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/No output: name the comparison/) });
    await expect(run([source, green], 'blue.mp4')).rejects.toThrow(/blue\.mp4 exists: give -y to replace it/);
  });
});
