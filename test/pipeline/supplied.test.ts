// Pictures of the user's among the key frames: shown as they are, followed where they should be, redone no more than what hangs on them.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import type { Picture } from '../../media/frame.ts';
import { readPicture, writePng } from '../../media/picture.ts';
import { keysOf } from '../../pipeline/graph/key.ts';
import { keyframes, openSession, type PartialOptions, type PlannedClip, type Session, writePlan } from '../../pipeline/index.ts';
import { STEPS } from '../../pipeline/steps/table.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const input = exampleClip();
const SMALL = {
  input,
  style: 'an oil painting',
  size: 64,
  steps: 4,
  strength: 0.75,
  interval: 4,
  propagate: 'warp',
  frames: [0, 12],
  adaPeriod: [0.5, 1],
  maskPeriod: [0.5, 0.8],
} as const;
const RUN = 3; // steps of 4 at strength 0.75

let session: Session;
let plan: PlannedClip;
let drawn: Picture[];
/** Files of key frames 0, 4, 8 and 12: as they were drawn, and with a red patch. */
const file = (frame: number, kind = 'drawn'): string => join(folder, `${kind}-${frame}.png`);

const painted = ({ data, ...size }: Picture): Picture => {
  const copy = Uint8Array.from(data);
  for (let y = 10; y < 30; y++) for (let x = 20; x < 50; x++) copy.set([220, 20, 20], 3 * (y * size.width + x));
  return { ...size, data: copy };
};

beforeAll(async () => {
  session = await openSession({ ...SMALL, workDir: join(folder, 'store') });
  plan = await session.plan();
  for await (const _ of session.frames(plan)); // everything is made once
  drawn = [];
  for (const { picture } of plan.keyframes) drawn.push(await session.get(plan, picture));
  for (const [i, picture] of drawn.entries()) {
    await writePng(file(4 * i), picture);
    await writePng(file(4 * i, 'painted'), painted(picture));
  }
}, 120_000);
afterAll(() => session.close());

/** Nodes of a plan with an output that the plan before does not have; those apart that are made in their readers' place. */
const changed = (after: PlannedClip, before = plan): string[] => {
  const keys = ({ plan: { nodes }, leaves, ...rest }: PlannedClip) => {
    const keyOf = keysOf({ nodes }, STEPS, leaves);
    const wanted = [...rest.keyframes.map(({ picture }) => picture), ...rest.parts.map(({ pictures }) => pictures)];
    return new Map(wanted.map(ref => [ref.node, keyOf(ref)]));
  };
  const present = new Set(keys(before).values());
  return [...keys(after)].flatMap(([node, key]) => (present.has(key) ? [] : [node])).sort();
};

/** What making all of a plan cost. */
const costOf = async (made: PlannedClip): Promise<{ unet: number; decoder: number }> => {
  const before = await session.usage();
  for await (const _ of session.frames(made));
  const after = await session.usage();
  return { unet: after.unet.runs - before.unet.runs, decoder: after.decoder.runs - before.decoder.runs };
};

const difference = (a: Picture, b: Picture): number => a.data.reduce((sum, v, i) => sum + Math.abs(v - b.data[i]!), 0) / a.data.length;
const framesOf = async (made: PlannedClip): Promise<Picture[]> => {
  const frames: Picture[] = [];
  for await (const frame of session.frames(made)) frames.push(frame);
  return frames;
};

describe('an edited key frame put back', { timeout: 60_000 }, () => {
  test('stands in the result as it is, and redoes the intervals beside it alone', async () => {
    const edited = await session.plan({ keyframe: [`4=${file(4, 'painted')}`] });
    expect(changed(edited)).toEqual(['interval 0-4', 'interval 4-8', 'supplied 4']);
    expect(await costOf(edited)).toEqual({ unet: 0, decoder: 0 });
    const frames = await framesOf(edited);
    expect(Buffer.compare(frames[4]!.data, painted(drawn[1]!).data)).toBe(0);
    const plain = await framesOf(plan);
    expect(difference(frames[3]!, plain[3]!)).toBeGreaterThan(1); // it is carried
    expect(Buffer.compare(frames[8]!.data, plain[8]!.data)).toBe(0);
  });

  test('is followed by the key frames after it with followEdits', async () => {
    const edited = await session.plan({ keyframe: [`4=${file(4, 'painted')}`], followEdits: true });
    expect(changed(edited)).toEqual(['interval 0-4', 'interval 4-8', 'interval 8-12', 'keyframe 12', 'keyframe 8', 'supplied 4']);
    const runs = edited.plan.nodes.filter(({ id }) => ['recorded 4', 'keyframe 8', 'keyframe 12'].includes(id));
    const cost = await costOf(edited);
    expect(runs.length).toBe(3);
    expect(cost.unet).toBeGreaterThanOrEqual(3 * RUN);
    expect(cost.unet).toBeLessThanOrEqual(runs.reduce((sum, { units }) => sum + units, 0) + RUN); // the anchor may be looked at anew
  });

  test('is followed as an anchor whether or not it is asked for', async () => {
    const edited = await session.plan({ keyframe: [`0=${file(0, 'painted')}`] });
    expect(changed(edited)).toEqual(
      ['interval 0-4', 'interval 4-8', 'interval 8-12', 'keyframe 12', 'keyframe 4', 'keyframe 8', 'supplied 0'].sort(),
    );
    expect(edited.plan.nodes.some(({ step }) => step === 'anchor')).toBe(false); // nobody draws what nobody sees
  });

  test('unchanged, leaves later key frames nearly what they were: it is looked at as if it had been drawn', async () => {
    const back = await session.plan({ keyframe: [`0=${file(0)}`] });
    const alone = await session.plan({ crossPeriod: 'off', adaPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off' });
    const [same, apart] = [0, 0].map(() => [] as number[]) as [number[], number[]];
    for (const i of [1, 2, 3]) {
      same.push(difference(await session.get(back, back.keyframes[i]!.picture), drawn[i]!));
      apart.push(difference(await session.get(alone, alone.keyframes[i]!.picture), drawn[i]!));
    }
    const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
    expect(sum(same)).toBeLessThan(sum(apart) / 2);
  });

  test('off the grid, is a key frame more and moves no other', async () => {
    const edited = await session.plan({ keyframe: [`6=${file(4, 'painted')}`] });
    expect(edited.keyframes.map(({ frame, supplied = false }) => [frame, supplied])).toEqual([
      [0, false],
      [4, false],
      [6, true],
      [8, false],
      [12, false],
    ]);
    expect(changed(edited)).toEqual(['interval 4-6', 'interval 6-8', 'supplied 6']);
    const followed = await session.plan({ keyframe: [`6=${file(4, 'painted')}`], followEdits: true });
    expect(changed(followed)).toContain('keyframe 8');
    expect(changed(followed)).not.toContain('keyframe 4');
  });

  test('draws the key frame in its place where a later one looks at it and none is stored', async () => {
    const fresh = await session.plan({ seed: 3, keyframe: [`4=${file(4, 'painted')}`] });
    const twin = await session.plan({ seed: 3 });
    const later = await session.get(fresh, fresh.keyframes[2]!.picture);
    expect(Buffer.compare(later.data, (await session.get(twin, twin.keyframes[2]!.picture)).data)).toBe(0);
  });

  test('is known by its content: a copy is the same, another picture under its name is not', async () => {
    const copy = file(4, 'copy');
    await copyFile(file(4, 'painted'), copy);
    const [original, copied] = [
      await session.plan({ keyframe: [`4=${file(4, 'painted')}`] }),
      await session.plan({ keyframe: [`4=${copy}`] }),
    ];
    expect(changed(copied, original)).toEqual([]);
    await copyFile(file(8, 'painted'), copy);
    const other = await session.plan({ keyframe: [`4=${copy}`] });
    expect(changed(other, original)).toEqual(['interval 0-4', 'interval 4-8', 'supplied 4']);
    await copyFile(file(0), copy); // behind the plan's back
    await expect(session.get(other, other.keyframes[1]!.picture)).rejects.toThrow(/has changed since: name it with --keyframe/);
  });
});

describe('an anchor image', { timeout: 60_000 }, () => {
  test('is looked at by every key frame, and lends none its shapes', async () => {
    const image = join(folder, 'style.jpg');
    await sharp({ create: { width: 90, height: 200, channels: 3, background: '#c03020' } }).toFile(image);
    const styled = await session.plan({ anchorImage: image });
    const keys = styled.plan.nodes.filter(({ step }) => step === 'keyframe');
    expect(keys.map(({ id }) => id)).toEqual(['keyframe 0', 'keyframe 4', 'keyframe 8', 'keyframe 12']);
    for (const { inputs } of keys) {
      expect(inputs.anchorStates).toEqual([{ node: 'recorded anchor-image', output: 'states' }]);
      expect(inputs.coloursClean!.length + inputs.anchorClean!.length).toBeGreaterThan(0);
    }
    expect(keys[0]!.inputs.anchorMotion).toEqual([]);
    expect(keys[1]!.inputs.anchor).toEqual([{ node: 'keyframe 0', output: 'picture' }]);
    const redness = ({ data }: Picture) =>
      data.reduce((sum, v, i) => sum + (i % 3 === 0 ? v : i % 3 === 2 ? -v : 0), 0) / (data.length / 3);
    const [first] = styled.keyframes;
    expect(redness(await session.get(styled, first!.picture))).toBeGreaterThan(redness(drawn[0]!) + 5);
  });

  test('that nothing looks at is refused', () =>
    expect(session.plan({ anchorImage: file(0), crossPeriod: 'off', adaPeriod: 'off' })).rejects.toThrow(/looked at in no step/));
});

/** The nodes of the key frames that a result shows. */
const shownIn = ({ keyframes: keys }: PlannedClip): string[] => keys.map(({ picture }) => picture.node);

describe('key frames by hand', { timeout: 60_000 }, () => {
  test('stand where they are asked for, and at the ends of the shot; those of the grid in the same role stay as they are', async () => {
    const moved = await session.plan({ keyframesAt: '4,0.25s,9' });
    expect(moved.keyframes.map(({ frame }) => frame)).toEqual([0, 4, 6, 9, 12]);
    expect(changed(moved)).toEqual(['interval 4-6', 'interval 6-9', 'interval 9-12', 'keyframe 12', 'keyframe 6', 'keyframe 9']);
    const none = await session.plan({ keyframesAt: '0' });
    expect(none.keyframes.map(({ frame }) => frame)).toEqual([0, 12]);
    expect((await framesOf(none)).length).toBe(13);
    await expect(session.plan({ keyframesAt: '4,13' })).rejects.toThrow(/--keyframes-at 4,13: there is no frame 13; this run has 0 to 12/);
  });

  test('one is drawn with another seed, and only what shows it is made anew', async () => {
    const again = await session.plan({ keyframeSeed: ['4=9'] });
    expect(shownIn(again)).toEqual(['anchor 0', 'keyframe 4 seed 9', 'keyframe 8', 'keyframe 12']);
    expect(changed(again)).toEqual(['interval 0-4', 'interval 4-8', 'keyframe 4 seed 9']);
    const { node } = again.keyframes[1]!.picture;
    expect(again.plan.nodes.find(({ id }) => id === node)!.options.seed).toBe(9);
    expect(difference(await session.get(again, again.keyframes[1]!.picture), drawn[1]!)).toBeGreaterThan(0.5);
    const followed = await session.plan({ keyframeSeed: ['4=9'], followEdits: true });
    expect(changed(followed)).toEqual(expect.arrayContaining(['keyframe 4', 'keyframe 8', 'keyframe 12']));
    const first = await session.plan({ keyframeSeed: ['0=9'] }); // an anchor is followed anyway
    expect(changed(first)).toEqual(expect.arrayContaining(['anchor 0', 'keyframe 4', 'keyframe 8', 'keyframe 12']));
    expect(changed(await session.plan({ keyframeSeed: [`4=${plan.options.seed}`] }))).toEqual([]);
    await expect(session.plan({ keyframeSeed: ['4=1', '4=2'] })).rejects.toThrow(/two seeds for frame 4/);
  });

  test('a chosen anchor is drawn first, and followed in both directions', async () => {
    const turned = await session.plan({ anchor: '8' });
    expect(shownIn(turned)).toEqual(['keyframe 0', 'keyframe 4', 'anchor 8', 'keyframe 12']);
    const anchorOf = (id: string) => turned.plan.nodes.find(node => node.id === id)!.inputs.anchor;
    for (const id of ['keyframe 0', 'keyframe 4', 'keyframe 12']) expect(anchorOf(id)).toEqual([{ node: 'anchor 8', output: 'picture' }]);
    const frames = await framesOf(turned);
    expect(Buffer.compare(frames[8]!.data, (await session.get(turned, turned.keyframes[2]!.picture)).data)).toBe(0);
    const between = await session.plan({ anchor: '0:00.25' });
    expect(shownIn(between)).toEqual(['keyframe 0', 'keyframe 4', 'anchor 6', 'keyframe 8', 'keyframe 12']);
    await expect(session.plan({ anchor: '4,8' })).rejects.toThrow(/frames 4 and 8 lie in one shot, 0-12: name one of them/);
  });
});

describe('refused by name', () => {
  const path = (name: string): string => join(folder, name);
  beforeAll(async () => {
    const base = { width: 112, height: 64, channels: 4 as const };
    await sharp({ create: { ...base, width: 64, height: 64, background: '#fff' } })
      .png()
      .toFile(path('square.png'));
    await sharp({ create: { ...base, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } })
      .png()
      .toFile(path('clear.png'));
    await sharp({ create: { ...base, background: { r: 9, g: 9, b: 9, alpha: 1 } } })
      .png()
      .toFile(path('opaque.png'));
    await writeFile(path('broken.png'), (await readFile(file(4, 'painted'))).subarray(0, 900));
    await mkdir(path('empty'));
    await mkdir(path('twice'));
    await copyFile(file(4), path('twice/keyframe-000004.png'));
  });

  test.each<[string, () => PartialOptions, RegExp]>([
    ['another shape', () => ({ keyframe: [`4=${path('square.png')}`] }), /square.png: it is 64x64, \d+ % taller in shape than the clip/],
    ['transparency', () => ({ keyframe: [`4=${path('clear.png')}`] }), /clear.png: parts of it are transparent.*flatten it first/],
    ['a frame outside the run', () => ({ keyframe: [`13=${file(4)}`] }), /there is no frame 13; this run has 0 to 12/],
    ['a time outside the run', () => ({ keyframe: [`0:59=${file(4)}`] }), /nothing of this run is shown at 59 s/],
    [
      'two for one frame',
      () => ({ keyframe: [`4=${file(4)}`], keyframes: path('twice') }),
      /Two pictures for frame 4, --keyframe .* and --keyframes/,
    ],
    ['a damaged file', () => ({ keyframe: [`4=${path('broken.png')}`] }), /--keyframe 4=.*broken.png: it is no picture that can be read/],
    [
      'a missing file',
      () => ({ keyframe: [`4=${path('nowhere.png')}`] }),
      /--keyframe 4=.*nowhere.png.*does not exist|no file|nowhere.png/,
    ],
    ['a missing folder', () => ({ keyframes: path('nowhere') }), /There is no folder --keyframes/],
    ['a folder without key frames', () => ({ keyframes: path('empty') }), /holds no picture of a key frame/],
    ['a file for a folder', () => ({ keyframes: file(4) }), /is a file: name a folder, or write --keyframe FRAME=/],
  ])('%s', async (_, options, message) => {
    await expect(session.plan(options())).rejects.toThrow(message);
  });

  test('an alpha channel that hides nothing is none; a time is the frame shown then', async () => {
    const { keyframes: keys } = await session.plan({ keyframe: [`0.2s=${path('opaque.png')}`] });
    expect(keys.find(({ supplied }) => supplied)?.frame).toBe(4);
  });
});

test('`rerender keyframes` writes them among the drawn ones, and never over what it reads', { timeout: 60_000 }, async () => {
  const mine = join(folder, 'mine');
  await mkdir(mine);
  await copyFile(file(4, 'painted'), join(mine, 'keyframe-000004.png'));
  const output = join(folder, 'keys');
  const { propagate: _, ...drawing } = SMALL;
  const request = { ...drawing, workDir: join(folder, 'store'), keyframes: mine };
  await keyframes({ ...request, output });
  expect((await readdir(output)).sort()).toEqual([
    'contact-sheet.png',
    ...[0, 4, 8, 12].map(n => `keyframe-${String(n).padStart(6, '0')}.png`),
  ]);
  expect((await readPicture(join(output, 'keyframe-000004.png'))).data).toEqual(Buffer.from(painted(drawn[1]!).data));
  await expect(keyframes({ ...request, output: mine, overwrite: true })).rejects.toThrow(/lies in the folder that the key frames go to/);
});

test('a plan with them travels; the other process names the pictures wherever they lie there', { timeout: 60_000 }, async () => {
  const sent = await session.plan({ keyframe: [`0=${file(0, 'painted')}`] });
  const text = join(folder, 'plan.json');
  const elsewhere = file(0, 'elsewhere');
  await writeFile(text, writePlan(sent));
  await copyFile(file(0, 'painted'), elsewhere);
  const refs = [sent.keyframes[1]!.picture];
  const request = JSON.stringify({ ...SMALL, workDir: join(folder, 'apart'), keyframe: [`0=${elsewhere}`] });
  const script = join(packageRoot, 'test/support/run-nodes.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, text, request, JSON.stringify(refs)]);
  const here: string[] = [];
  for (const ref of refs) {
    const hash = createHash('sha256');
    hash.update((await session.get(sent, ref)).data);
    here.push(hash.digest('hex'));
  }
  expect(JSON.parse(stdout)).toEqual(here);
});
