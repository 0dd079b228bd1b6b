// Many clips under one open model.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ClipsRequest, type Event, planAll, planRun, rerender, rerenderAll } from '../../pipeline/index.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { makeClip } from './clips.ts';

const folder = temporaryFolder();
const clips = join(folder, 'clips');
const SMALL = {
  style: 'an oil painting',
  size: 64,
  steps: 1,
  strength: 1,
  interval: 2,
  frames: [0, 2],
  propagate: 'warp',
  device: 'cpu',
  jobs: 1,
  workDir: join(folder, 'work'),
} as const;

const previews = join(folder, 'previews');

const run = async (request: Partial<ClipsRequest>) => {
  const events: Event[] = [];
  const result = await rerenderAll({ inputs: [clips], ...SMALL, onEvent: event => events.push(event), ...request });
  return { result, events };
};
const states = ({ result }: Awaited<ReturnType<typeof run>>): string[] =>
  result.clips.map(clip => (clip.state === 'skipped' ? clip.why : clip.state));

beforeAll(async () => {
  mkdirSync(clips);
  await makeClip(join(clips, 'one.mp4'), 'testsrc2', 3);
  await makeClip(join(clips, 'two.mp4'), 'mandelbrot', 3);
  writeFileSync(join(clips, 'broken.mp4'), 'no video\n'.repeat(50));
});

describe('rerenderAll', () => {
  test('opens the model once, passes by a clip that fails, and says of every event which clip it is of', { timeout: 60_000 }, async () => {
    const output = join(folder, 'first');
    const ran = await run({ output, previews });
    expect(states(ran)).toEqual(['failed', 'done', 'done']);
    expect(ran.result).toMatchObject({ done: 2, failed: 1, skipped: 0 });
    expect(ran.result.clips[0]).toMatchObject({ error: { code: 'MEDIA_TEXT', message: expect.stringContaining('broken.mp4') } });
    expect(readdirSync(output)).toEqual(['one.mp4', 'two.mp4']);
    const { text, encoder, decoder, unet, controls } = ran.result.usage!;
    expect([text, encoder, decoder, unet, controls].map(({ sessions }) => sessions)).toEqual([1, 1, 1, 1, 1]);
    expect(unet.runs).toBe(2 + 2); // a step of two key frames each
    expect(readdirSync(previews)).toEqual(['one', 'two']);
    expect(readdirSync(join(previews, 'two'))).toContain('contact-sheet.png');
    const { events } = ran;
    expect(events.at(-1)).toMatchObject({ type: 'summary', done: 2 });
    expect(events.slice(0, -1).map(({ clip }) => clip?.count)).toEqual(events.slice(0, -1).map(() => 3));
    const numbers = events.slice(0, -1).map(({ clip }) => clip!.number);
    expect(numbers).toEqual([...numbers].sort());
    expect(events.filter(({ type }) => type === 'clip').map(event => (event as { state: string }).state)).toEqual(
      ['failed', 'done', 'done'].flatMap(end => ['start', end]),
    );
  });

  test('draws what a run of its own draws, to the byte', async () => {
    const alone = join(folder, 'alone.mp4');
    await rerender({ input: join(clips, 'two.mp4'), ...SMALL, output: alone });
    expect(readFileSync(alone).equals(readFileSync(join(folder, 'first', 'two.mp4')))).toBe(true);
  });

  test('the same request goes on: what it has finished is left alone, what another has made is not', async () => {
    const output = join(folder, 'first');
    writeFileSync(join(clips, 'broken.mp4'), readFileSync(join(clips, 'one.mp4')));
    expect(states(await run({ output, previews }))).toEqual(['done', 'earlier', 'earlier']);
    const [one, two] = [join(clips, 'one.mp4'), join(clips, 'two.mp4')];
    const other = await run({ output, seed: 7, inputs: [one] });
    expect(states(other)).toEqual(['failed']);
    expect(other.result.clips[0]).toMatchObject({ error: { message: expect.stringMatching(/exists: give --skip-existing/) } });
    expect(states(await run({ output, seed: 7, skipExisting: true }))).toEqual(['exists', 'exists', 'exists']);
    writeFileSync(join(output, 'two.mp4'), 'touched');
    expect(states(await run({ output, previews, inputs: [one, two] }))).toEqual(['earlier', 'failed']);
    expect(states(await run({ output, overwrite: true, inputs: [two] }))).toEqual(['done']);
  });

  test('an abort ends all clips with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const output = join(folder, 'aborted');
    const onEvent = (event: Event) => event.type === 'preview' && event.clip?.number === 2 && controller.abort(reason);
    const inputs = [join(clips, 'one.mp4'), join(clips, 'two.mp4')];
    await expect(run({ inputs, output, onEvent, signal: controller.signal })).rejects.toBe(reason);
    expect(readdirSync(output)).toEqual(['one.mp4']);
    expect(states(await run({ inputs, output }))).toEqual(['earlier', 'done']);
  });

  test.each<[string, Partial<ClipsRequest>, number, RegExp]>([
    ['no input', { inputs: [] }, 2, /No input/],
    ['no style', { style: undefined }, 2, /No style/],
    ['an option out of range', { strength: 7 }, 2, /strength must be a number from 0 to 1/],
    ['an option of another job', { perPage: 1 } as never, 2, /unknown option perPage/],
    ['a file as the folder', { output: join(clips, 'one.mp4') }, 2, /is a file, and several clips need a folder/],
    ['a name of a file as the folder', { output: 'x.mkv' }, 2, /is a file, and several clips need a folder/],
    ['a folder in a folder that is not there', { output: join(folder, 'no', 'where') }, 2, /lies in a folder that does not exist/],
    ['a model that is not there', { model: join(folder, 'none') }, 3, /no model folder/],
  ])('is refused before any clip: %s', async (_, request, exitCode, message) => {
    const refused = await run(request).catch((error: unknown) => error);
    expect(refused).toMatchObject({ exitCode, message: expect.stringMatching(message) });
  });
});

test('planAll plans each clip, and makes nothing', { timeout: 60_000 }, async () => {
  const output = join(folder, 'planned');
  copyFileSync(join(clips, 'one.mp4'), join(folder, 'one.mp4'));
  const plans = await planAll({ ...SMALL, inputs: [clips, join(folder, 'one.mp4'), join(folder, 'none.mp4')], output });
  expect(plans.map(plan => ('plan' in plan ? plan.plan.frames : plan.error.code))).toEqual([3, 3, 3, 3, 'MEDIA_NOT_FOUND']);
  expect(plans.map(plan => plan.output.slice(output.length + 1))).toEqual([
    'broken.mp4',
    'clips-one.mp4',
    'two.mp4',
    `${folder.split(/[\\/]/).at(-1)}-one.mp4`,
    'none.mp4',
  ]);
  expect(readdirSync(folder)).not.toContain('planned');
});

test('one clip goes into a folder under its name', async () => {
  const output = `${join(folder, 'single')}/`;
  const result = await rerender({ input: join(clips, 'one.mp4'), ...SMALL, output });
  expect(result.output).toBe(join(folder, 'single', 'one.mp4'));
  const again = rerender({ input: join(clips, 'one.mp4'), ...SMALL, output: join(folder, 'single') });
  await expect(again).rejects.toThrow(/single.one\.mp4 exists: give -y/);
  const beside = await planRun({ input: join(clips, 'one.mp4'), ...SMALL, output: clips });
  expect(beside.output).toBe(join(clips, 'one.rerender.mp4'));
});
