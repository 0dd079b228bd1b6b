// A session over a clip: plans as data, single values of them, and frames in order.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import { readPicture } from '../../media/picture.ts';
import { keyframes, openSession, type PartialOptions, type PlannedClip, type Session } from '../../pipeline/index.ts';
import { exampleClip } from '../support/example.ts';
import { filesBelow } from '../support/parts.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const SMALL: PartialOptions & { input: string } = {
  input: exampleClip(),
  style: 'an oil painting',
  ...{ size: 64, steps: 3, strength: 0.8, interval: 3, frames: [0, 6] },
  ...{ warpPeriod: [0, 0.5], maskPeriod: [0.4, 0.9], adaPeriod: [0.8, 1] },
};
const work = join(folder, 'work');
const bytes = ({ data }: Picture): Buffer => Buffer.from(data);

let session: Session;
let plan: PlannedClip;
beforeAll(async () => {
  session = await openSession({ ...SMALL, workDir: work });
  plan = await session.plan();
});
afterAll(() => session.close());

describe('a plan', () => {
  test('is made before anything is drawn, and is data', async () => {
    expect(plan.keyframes.map(({ frame }) => frame)).toEqual([0, 3, 6]);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    const [shelf] = readdirSync(join(work, 'clips'));
    expect(readdirSync(join(work, 'clips', shelf!)).sort()).toEqual(['clip.json', 'leases', 'survey']);
  });

  test('under the same options is the same plan; other options give another', async () => {
    expect(await session.plan()).toEqual(plan);
    const longer = await session.plan({ interval: 6 });
    expect(longer.keyframes.map(({ frame }) => frame)).toEqual([0, 6]);
    expect((await session.plan({ seed: 7 })).plan).not.toEqual(plan.plan);
  });

  test('that needs another session is refused', async () => {
    for (const changes of [{ size: 128 }, { frames: [0, 3] as const }, { workDir: folder }]) {
      await expect(session.plan(changes)).rejects.toMatchObject({ code: 'USAGE' });
    }
    await expect(session.plan({ strength: 3 })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a value of a plan', () => {
  test('is the picture that the job of key frames writes, alone or after others, once or twice at once', async () => {
    const output = join(folder, 'keys');
    await keyframes({ ...SMALL, output, cache: false });
    const truth = await Promise.all([0, 3, 6].map(frame => readPicture(join(output, `keyframe-00000${frame}.png`))));
    const [first, second, third] = plan.keyframes.map(({ picture }) => picture);
    expect(bytes(await session.get(plan, second!)).equals(bytes(truth[1]!))).toBe(true);
    const copy: PlannedClip = JSON.parse(JSON.stringify(plan)); // as from elsewhere
    const both = await Promise.all([session.get(copy, third!), session.get(plan, third!), session.get(plan, first!)]);
    expect(both.map((picture, i) => bytes(picture).equals(bytes(truth[[2, 2, 0][i]!]!)))).toEqual([true, true, true]);
  });

  test('of another plan is another picture, and does not disturb this one', async () => {
    const other = await session.plan({ seed: 7 });
    const [here, there] = await Promise.all([
      session.get(plan, plan.keyframes[1]!.picture),
      session.get(other, other.keyframes[1]!.picture),
    ]);
    expect(bytes(here).equals(bytes(there))).toBe(false);
    expect(bytes(await session.get(plan, plan.keyframes[1]!.picture)).equals(bytes(here))).toBe(true);
  });
});

describe('frames', () => {
  test('come in order, the key frames among them as they are drawn', async () => {
    const frames: Picture[] = [];
    for await (const frame of session.frames(plan)) frames.push(frame);
    expect(frames.length).toBe(7);
    for (const { frame, picture } of plan.keyframes)
      expect(bytes(frames[frame]!).equals(bytes(await session.get(plan, picture)))).toBe(true);
  });

  test('may be left in the middle; the session goes on', async () => {
    const other = await session.plan({ seed: 8 });
    for await (const frame of session.frames(other)) {
      expect(frame.width).toBeGreaterThan(0);
      break;
    }
    let count = 0;
    for await (const _ of session.frames(other)) count++;
    expect(count).toBe(7);
  });
});

test('a session that is closed ends what it is asked for, and leaves nothing open', async () => {
  const own = await openSession({ ...SMALL, workDir: join(folder, 'closed') });
  const planned = await own.plan();
  const value = own.get(planned, planned.keyframes[2]!.picture);
  await Promise.all([expect(value).rejects.toThrow('the session is closed'), own.close()]);
  expect(filesBelow(join(folder, 'closed')).filter(file => file.includes('leases'))).toEqual([]);
});
