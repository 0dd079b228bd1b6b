// A session over a clip: plans as data, values made or found, what a change redoes, two processes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import type { Picture } from '../../media/frame.ts';
import { openSession, PlanError, type PlannedClip, type Session, writePlan } from '../../pipeline/index.ts';
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
  frames: [4, 12],
  freeu: { b1: 1.2, b2: 1.3, s1: 0.9, s2: 0.5 },
  control: ['canny', 'tile'],
  crossPeriod: [0, 1],
  warpPeriod: [0, 0.5],
  maskPeriod: [0.5, 0.8],
  adaPeriod: [0.8, 1],
} as const;

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const sameBytes = (a: Picture, b: Picture): boolean => Buffer.from(a.data).equals(Buffer.from(b.data));

let session: Session;
let plan: PlannedClip;
beforeAll(async () => {
  session = await openSession({ ...SMALL, workDir: join(folder, 'store') });
  plan = await session.plan();
}, 120_000);
afterAll(() => session.close());

describe('a plan', () => {
  test('is data: the same request gives the same plan, and JSON holds all of it', async () => {
    expect(digest(await session.plan())).toBe(digest(plan));
    const { plan: read, leaves } = await session.readPlan(writePlan(plan));
    expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(plan.plan)));
    expect(leaves).toEqual(plan.leaves);
  });

  test('names the clip by its content: a copy elsewhere is the same', async () => {
    const copy = join(temporaryFolder(), 'another name.mp4');
    await copyFile(input, copy);
    const other = await openSession({ ...SMALL, input: copy, cache: false });
    try {
      expect((await other.plan()).leaves).toEqual(plan.leaves);
      await expect(other.readPlan(writePlan(plan))).resolves.toBeDefined();
    } finally {
      await other.close();
    }
  });

  const edited = (change: (file: Record<string, never>) => unknown): string => {
    const file = JSON.parse(writePlan(plan)) as Record<string, never>;
    change(file);
    return JSON.stringify(file);
  };
  type Loose = Record<string, unknown> & { plan: { nodes: Record<string, unknown>[] }; steps: Record<string, number> };
  const loosely = (change: (file: Loose) => unknown) => edited(file => change(file as unknown as Loose));

  test.each<[string, () => string, RegExp]>([
    ['of another version', () => loosely(f => (f.version = 99)), /version 99, this program reads version 1/],
    ['that is none', () => '{"a":1}', /no plan of rerender/],
    ['that is no JSON', () => '{', /plan cannot be run/],
    ['with an unknown step', () => loosely(f => (f.plan.nodes[0]!.step = 'teleport')), /a step teleport, which this program does not have/],
    ['with a step of the prototype', () => loosely(f => (f.plan.nodes[0]!.step = 'constructor')), /a step constructor/],
    ['with a step of another version', () => loosely(f => (f.steps.anchor = 1)), /step anchor has version 1, this program's has version/],
    ['with an unknown option', () => loosely(f => ((f.options as Record<string, unknown>).haste = 1)), /option haste/],
    ['with a node that reads what is not there', () => loosely(f => f.plan.nodes.reverse()), /does not stand before it/],
    ['with two nodes of one name', () => loosely(f => f.plan.nodes.push(f.plan.nodes[0]!)), /two nodes/],
    ['with a node without its inputs', () => loosely(f => (f.plan.nodes.at(-1)!.inputs = {})), /lacks its input/],
    ['with a torn node', () => loosely(f => f.plan.nodes.push({ id: 'x' })), /not the form of a node/],
    ['that gives what no node makes', () => loosely(f => (f.parts = [{ pictures: { node: 'x', output: 'y' } }])), /which no node makes/],
    [
      'of another clip',
      () => loosely(f => ((f.leaves as Record<string, Record<string, unknown>>).clip!.digest = 'x')),
      /clip is not the one/,
    ],
    [
      'of another model',
      () => loosely(f => ((f.leaves as Record<string, Record<string, unknown>>).model!.digest = 'x')),
      /model is not the one/,
    ],
  ])('%s is refused by name', async (_, text, message) => {
    const refused = session.readPlan(text());
    await expect(refused).rejects.toBeInstanceOf(PlanError);
    await expect(refused).rejects.toThrow(message);
  });
});

describe('values', () => {
  test('a picture is drawn once, with what it needs and nothing else', { timeout: 120_000 }, async () => {
    const before = await session.usage();
    const [first, second] = plan.keyframes;
    const drawn = await session.get(plan, first!.picture);
    const after = await session.usage();
    expect(after.unet.runs - before.unet.runs).toBe(3);
    expect(after.decoder.runs - before.decoder.runs).toBe(1);
    expect(sameBytes(await session.get(plan, first!.picture), drawn)).toBe(true);
    expect(await session.usage()).toEqual(after);
    await session.get(plan, second!.picture);
    expect((await session.usage()).unet.runs).toBeGreaterThan(after.unet.runs);
  });

  test('changing FreeU redoes the denoising and decoding of a key frame, and nothing before it', { timeout: 120_000 }, async () => {
    await session.get(plan, plan.keyframes[0]!.picture);
    const before = await session.usage();
    const changed = await session.plan({ freeu: { b1: 1.6, b2: 1.6, s1: 0.4, s2: 0.2 } });
    const other = await session.get(changed, changed.keyframes[0]!.picture);
    const after = await session.usage();
    expect(sameBytes(other, await session.get(plan, plan.keyframes[0]!.picture))).toBe(false);
    expect(after).toEqual({
      text: before.text,
      encoder: before.encoder,
      decoder: { ...before.decoder, runs: before.decoder.runs + 1 },
      unet: { ...before.unet, runs: before.unet.runs + 3 },
      controls: { ...before.controls, runs: before.controls.runs + 6 },
      hints: { ...before.hints, runs: before.hints.runs + 2 }, // each ControlNet reads its picture once, not at every step
    });
    expect(after.unet.sessions).toBe(1);
  });

  test('FreeU off is drawn by the U-Net that is open, with the bits of one without FreeU', { timeout: 120_000 }, async () => {
    const before = await session.usage();
    const off = await session.plan({ freeu: 'off' });
    const drawn = await session.get(off, off.keyframes[0]!.picture);
    expect((await session.usage()).unet).toEqual({ sessions: 1, runs: before.unet.runs + 3 });
    const other = await openSession({ ...SMALL, freeu: 'off', cache: false });
    try {
      const same = await other.plan();
      expect(sameBytes(await other.get(same, same.keyframes[0]!.picture), drawn)).toBe(true);
    } finally {
      await other.close();
    }
  });

  test('frames come in order, all of them; leaving early stops what runs', { timeout: 240_000 }, async () => {
    const frames: Picture[] = [];
    for await (const frame of session.frames(plan)) frames.push(frame);
    expect(frames.length).toBe(9);
    expect(sameBytes(frames[0]!, await session.get(plan, plan.keyframes[0]!.picture))).toBe(true);
    expect(sameBytes(frames[8]!, await session.get(plan, plan.keyframes.at(-1)!.picture))).toBe(true);
    const other = await session.plan({ seed: 5 });
    for await (const _ of session.frames(other)) break;
  });

  test('two plans at once give what each gives alone', { timeout: 240_000 }, async () => {
    const plans = [await session.plan({ seed: 11 }), await session.plan({ seed: 12 })];
    const together = await Promise.all(plans.map(each => session.get(each, each.keyframes[0]!.picture)));
    const alone = await openSession({ ...SMALL, cache: false });
    try {
      for (const [i, seed] of [11, 12].entries()) {
        const one = await alone.plan({ seed });
        expect(sameBytes(await alone.get(one, one.keyframes[0]!.picture), together[i]!)).toBe(true);
      }
    } finally {
      await alone.close();
    }
  });

  test('a change of what the session is open over is refused', async () => {
    await expect(session.plan({ size: 128 })).rejects.toThrow(/a session keeps size/);
  });
});

test('a second process runs any node of a plan that it is sent, with the same bytes', { timeout: 300_000 }, async () => {
  const file = join(folder, 'plan.json');
  const sent = await session.plan({ seed: 21 });
  await writeFile(file, writePlan(sent));
  const refs = [...sent.keyframes.map(({ picture }) => picture), ...sent.parts.map(({ pictures }) => pictures)];
  // The last first: what it needs is drawn on the way; each process has a store of its own, then both share one.
  const elsewhere = async (refs: readonly { node: string }[], workDir: string): Promise<string[]> => {
    const request = JSON.stringify({ ...SMALL, workDir });
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(packageRoot, 'test/support/run-nodes.mjs'),
      file,
      request,
      JSON.stringify(refs),
    ]);
    return JSON.parse(stdout) as string[];
  };
  const [apart, again] = [join(folder, 'apart'), join(folder, 'again')];
  const there = await elsewhere([...refs].reverse(), apart);
  const half = await elsewhere([refs[0]!], again);
  const rest = await elsewhere(refs.slice(1), again);
  const here: string[] = [];
  for (const ref of refs) here.push(hashOf(await session.get<Picture | readonly Picture[]>(sent, ref)));
  expect([...there].reverse()).toEqual(here);
  expect([...half, ...rest]).toEqual(here);
});

const hashOf = (value: Picture | readonly Picture[]): string => {
  const hash = createHash('sha256');
  for (const { data } of Array.isArray(value) ? (value as readonly Picture[]) : [value as Picture]) hash.update(data);
  return hash.digest('hex');
};

test('two that ask for the same at once get it drawn once', { timeout: 120_000 }, async () => {
  const sent = await session.plan({ seed: 31 });
  const before = await session.usage();
  const picture = sent.keyframes[0]!.picture;
  const [a, b] = await Promise.all([session.get(sent, picture), session.get(await session.plan({ seed: 31 }), picture)]);
  expect(sameBytes(a, b)).toBe(true);
  expect((await session.usage()).unet.runs - before.unet.runs).toBe(3);
});
