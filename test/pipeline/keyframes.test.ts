// Key frames through the pipeline: the same whatever ran before, at any memory, and for clips of every shape.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { rerender } from '../../pipeline/index.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { makeClip } from './clips.ts';
import { drawFew, FEW } from './few-keyframes.ts';

const folder = temporaryFolder();
const { work, draw, left } = drawFew(folder);
const KEYFRAMES = ['anchor', 'keyframe'];

describe('the same key frames', () => {
  let whole: Record<string, Buffer>;
  beforeAll(async () => {
    whole = await draw();
  });

  test('are drawn for each shot from one anchor on; what they left for each other is gone when the shot is done', () => {
    expect(Object.keys(whole)).toEqual(['000000', '000004', '000007', '000011']);
    expect([left('anchor').length, left('keyframe').length]).toEqual([1, 3]); // their pictures alone
  });

  test('come out when the later ones are drawn again without what the earlier ones left', async () => {
    expect(await draw({ force: 'keyframes' })).toEqual(whole);
    expect(left(...KEYFRAMES).length).toBe(4);
    // Take some away: each is drawn again, and before it those whose states it reads.
    for (const file of left('keyframe').slice(0, 2)) rmSync(file);
    expect(await draw()).toEqual(whole);
    for (const file of left('anchor')) rmSync(file);
    expect(await draw()).toEqual(whole);
    expect(left(...KEYFRAMES).length).toBe(4);
  });

  test('come out with no memory for states, with one worker, and with no cache', async () => {
    expect(await draw({ workDir: join(folder, 'other'), bankMemory: 0 })).toEqual(whole);
    expect(await draw({ workDir: undefined, cache: false })).toEqual(whole);
  });
});

describe('clips of every shape', () => {
  test.each([
    ['one frame', 1, 'testsrc2'],
    ['two frames', 2, 'testsrc2'],
    ['three black frames', 3, 'color=black'],
  ])('%s', async (_, count, source) => {
    const input = await makeClip(join(folder, `${count}-${source}.mp4`.replace('=', '-')), source, count);
    const output = join(folder, `out-${count}-${source}.mp4`.replace('=', '-'));
    const result = await rerender({ ...FEW, input, frames: undefined, interval: 10, output, workDir: work });
    expect(result).toMatchObject({ frames: count, keyframes: Math.min(count, 2) });
  });
});
