// What `rerender metrics` says of clips whose faults are made: flicker, pops at key frames, a growing tint, blur.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MetricsReport, metrics, type Verdict } from '../../pipeline/index.ts';
import { ffmpeg } from '../media/support.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const make = (name: string, filter = ''): string => {
  const path = join(folder, name);
  ffmpeg(`-i ${clip} -an -vf scale=160:90${filter} -frames:v 14 -c:v libx264 -qp 0 -preset ultrafast ${path}`);
  return path;
};
const source = make('source.mkv');
const INTERVAL = 5; // key frames 0, 4, 9 and 13

type Codes = Partial<{ readonly [V in Verdict as V['measure']]: V['code'] }>;

const codesOf = ({ verdicts }: MetricsReport): Codes => Object.fromEntries(verdicts.map(({ measure, code }) => [measure, code]));
const measured = (output: string, interval = INTERVAL) => metrics({ input: source, output, interval, jobs: 1 });

const GOOD: Codes = { flicker: 'steady', keyframes: 'even', colours: 'constant', sharpness: 'alike', structure: 'same' };

describe('verdicts', () => {
  test('a clip is like itself', async () => {
    expect(codesOf(await measured(source))).toEqual(GOOD);
  });

  test.each<[string, string, Codes]>([
    ['brightness that jumps', ",eq=brightness='0.03*mod(n,2)':eval=frame", { flicker: 'flickers', keyframes: 'even' }],
    ['grain that is new in each frame', ',noise=alls=3:allf=t', { flicker: 'restless', keyframes: 'even' }],
    ['other key frames', ",noise=alls=14:enable='eq(n,4)+eq(n,9)'", { flicker: 'steady', keyframes: 'pops' }],
    ['slightly other key frames', ",noise=alls=4:enable='eq(n,4)+eq(n,9)'", { flicker: 'steady', keyframes: 'pulses' }],
    ['a tint that grows', ",format=gbrp,geq=r='r(X,Y)*0.8+0.9*N':g='g(X,Y)*0.8':b='b(X,Y)*0.8'", { colours: 'drift', flicker: 'steady' }],
    ['another contrast', ',eq=contrast=0.8', { colours: 'constant', flicker: 'steady' }],
    ['a blur', ',gblur=sigma=1.5', { sharpness: 'softer', keyframes: 'even' }],
    ['hard edges', ',unsharp=5:5:0.7', { sharpness: 'sharper', flicker: 'steady' }],
    ['a picture that is upside down', ',vflip', { structure: 'other' }],
  ])('%s', async (name, filter, codes) => {
    const report = await measured(make(`${name.replaceAll(' ', '-')}.mkv`, filter));
    expect(codesOf(report)).toMatchObject(codes);
  });

  test('what too few frames do not tell is left out', async () => {
    const alone = await metrics({ input: source, output: source, frames: [0, 13], interval: 1, jobs: 1 });
    expect(codesOf(alone)).not.toHaveProperty('keyframes');
    expect(codesOf(alone)).toMatchObject({ flicker: 'steady' });
    const two = join(folder, 'two.mkv');
    ffmpeg(`-i ${source} -frames:v 2 -c copy ${two}`);
    expect(codesOf(await metrics({ input: two, output: two, jobs: 1 }))).toEqual({
      colours: 'constant',
      sharpness: 'alike',
      structure: 'same',
    });
  });

  test('the command ends with them, in words and numbers, and in JSON', async () => {
    const line = ['metrics', source, join(folder, 'other-key-frames.mkv'), '--interval', String(INTERVAL), '-q'];
    const { stdout } = await rerenderCommand([...line, '--per-frame']);
    const lines = stdout.trimEnd().split('\n').slice(-5);
    expect(lines[0]).toMatch(/^steadiness +steady \(\d\.\d levels of flicker beyond the source's\)$/);
    expect(lines[1]).toMatch(/^key frames +pops at key frames \(\d\.\d levels more flicker there than between\)/);
    expect(lines[2]).toMatch(/^colours +constant \(0\.\d levels at the end of a shot beyond the source's own change\)$/);
    const json = JSON.parse((await rerenderCommand([...line, '--json'])).stdout) as MetricsReport;
    expect(codesOf(json)).toMatchObject({ keyframes: 'pops' });
  });

  test('a run that draws every frame is told to draw fewer', async () => {
    const { stdout } = await rerenderCommand(['metrics', source, join(folder, 'brightness-that-jumps.mkv'), '--interval', '1', '-q']);
    expect(stdout).toMatch(/^steadiness +flickers \(.*\): try `--interval 10`, which draws fewer frames$/m);
  });
});
