// `rerender presets CLIP`: one frame in many styles on a sheet, each as a run with that style draws it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PRESETS } from '../../config/presets.ts';
import type { Picture } from '../../media/frame.ts';
import { readPicture } from '../../media/picture.ts';
import { type Event, keyframes, type PresetSheetRequest, presetSheet } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const at = (name: string): string => join(folder, name);
const SMALL = { input: clip, size: 64, workDir: at('work') } as const;
const sheet = (request: Partial<PresetSheetRequest>) => presetSheet({ ...SMALL, output: at('other.png'), ...request });
const rerender = (...args: string[]) => rerenderCommand(args, { env: { RERENDER_WORK_DIR: at('work'), RERENDER_SIZE: '64' }, cwd: folder });

const GAP = 4;
const LABEL = 9;

/** Cell number `n` of a sheet of two columns whose cells have the size of `like`. */
const cellOf = (sheet: Picture, n: number, { width, height }: Picture): Buffer => {
  const [left, top] = [GAP + (n % 2) * (width + GAP), GAP + Math.floor(n / 2) * (height + LABEL + GAP)];
  const rows = Array.from({ length: height }, (_, y) => {
    const begin = 3 * ((top + y) * sheet.width + left);
    return sheet.data.subarray(begin, begin + 3 * width);
  });
  return Buffer.concat(rows);
};

describe('a sheet of styles', () => {
  beforeAll(async () => {
    const line = ['presets', clip, '--at', '0.5', '--only', 'pencil,mosaic', '--style', 'a chalk drawing', '-o', 'sheet.png'];
    const ran = await rerender(...line);
    expect(ran.stderr).toMatch(/3 pictures in .*\nsheet\.png/);
    expect(ran).toMatchObject({ code: 0, stdout: '' });
  });

  test('its cells are the key frames that a run with the style draws, with what the model advises for it', async () => {
    const drawn = await readPicture(at('sheet.png'));
    const styles = [{ preset: 'pencil' }, { preset: 'mosaic' }, { style: 'a chalk drawing' }];
    for (const [n, style] of styles.entries()) {
      await keyframes({ ...SMALL, ...style, start: 0.5, end: 0.52, output: at(`keys-${n}`) });
      const key = await readPicture(at(join(`keys-${n}`, 'keyframe-000000.png')));
      expect(cellOf(drawn, n + 1, key).equals(Buffer.from(key.data))).toBe(true);
    }
  });

  test('what is drawn is found again, by time and by number; a sheet is replaced only where that is allowed', async () => {
    const request = { presets: ['pencil'], styles: ['a chalk drawing'], at: '12f', output: at('sheet.png') }; // of 24 a second
    const before = readFileSync(at('sheet.png'));
    await expect(sheet(request)).rejects.toThrow(/The output .*sheet\.png exists: give -y to replace it/);
    expect(readFileSync(at('sheet.png')).equals(before)).toBe(true);
    const events: Event[] = [];
    await sheet({ ...request, overwrite: true, onEvent: event => events.push(event) });
    expect(events).toContainEqual({ type: 'stage', stage: 'pictures', state: 'done', cached: 2 });
    const steps = events.filter(event => event.type === 'progress');
    expect(steps.at(-1)).toMatchObject({ stage: 'pictures', unit: 'steps', done: steps.at(-1)!.total, kept: true });
    expect(events.at(-1)).toMatchObject({ type: 'result', result: { kind: 'pictures', pictures: 2 } });
  });

  test("a style that is set for many runs stands in no preset's place; the middle is drawn where nothing is said", async () => {
    const warnings: string[] = [];
    const layers = [{ origin: { kind: 'file', detail: 'project.json' }, values: { style: 'a chalk drawing', frames: [0, 3] } }] as const;
    await sheet({ presets: ['pencil'], layers, output: at('a.png'), onEvent: e => e.type === 'warning' && warnings.push(e.message) });
    await sheet({ presets: ['pencil'], at: '1.75', output: at('b.png') });
    expect(warnings).toEqual(['the style of project.json is not drawn: each preset brings its own']);
    expect(readFileSync(at('a.png')).equals(readFileSync(at('b.png')))).toBe(true);
  });

  test('without a clip the styles are listed', async () => {
    expect(JSON.parse((await rerender('presets', '--json')).stdout)).toEqual(JSON.parse(JSON.stringify(PRESETS)));
    expect((await rerender('presets')).stdout).toMatch(/^pencil +a pencil drawing/m);
  });

  test.each<[string, Partial<PresetSheetRequest>, RegExp]>([
    ['a time behind the end', { at: '1:00' }, /--at 60 lies behind the end of .*lakeside\.mp4, which is 3\.5\d* s long/],
    ['a frame behind the end', { at: '500f' }, /--at 500f lies behind the end of .*, which has 84 frames: the last is 83f/],
    ['a time that is none', { at: 'noon' }, /--at must be a time such as 0\.5 or 1:02\.5, or a frame .* 12f; got "noon"/],
    ['an unknown preset', { presets: ['pensil'] }, /The preset pensil is not known\. Did you mean pencil\?/],
    ['a preset of settings', { presets: ['rerender'] }, /The preset rerender holds settings and no style/],
    ['no preset', { presets: [] }, /No presets are chosen/],
    ['an empty style', { styles: [' '] }, /A style is empty/],
    ['another ending', { output: at('sheet.mp4') }, /The sheet .*sheet\.mp4 must be a \.png or a \.jpg/],
    ['a missing clip', { input: 'none.mp4' }, /none\.mp4 does not exist/],
    ['an option of a run', { interval: 5 }, /interval belongs to .*`rerender presets` has no use for it/],
  ])('%s: a clear error', async (_, request, message) => {
    await expect(sheet(request)).rejects.toThrow(message);
    expect(existsSync(at('other.png'))).toBe(false);
  });

  test('two clips, and a time without one', async () => {
    expect((await rerender('presets', clip, clip)).stderr).toMatch(/A sheet shows one clip: leave out/);
    expect(await rerender('presets', '--at', '1')).toMatchObject({ code: 2, stderr: expect.stringMatching(/--at goes with a clip/) });
  });
});
