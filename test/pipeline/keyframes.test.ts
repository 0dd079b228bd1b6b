// Key frames through the pipeline: the same whatever ran before, at any memory, and for clips of every shape.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { keyframes, type PartialOptions, type PlanSummary, planRun, rerender } from '../../pipeline/index.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { exampleClip } from '../support/example.ts';
import { partsIn } from '../support/parts.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { makeClip } from './clips.ts';

const folder = temporaryFolder();
const work = join(folder, 'work');
const SMALL: PartialOptions & { input: string } = {
  input: exampleClip(),
  style: 'an oil painting',
  ...{ size: 64, steps: 5, strength: 0.8, cfgScale: 1.5, interval: 4, frames: [0, 11] },
  ...{ warpPeriod: [0, 0.5], maskPeriod: [0.4, 0.9], adaPeriod: [0.8, 1] },
};

let runs = 0;
/** The pixels of a run's key frames, by frame. */
const draw = async (changed: PartialOptions & { input?: string } = {}): Promise<Record<string, Buffer>> => {
  const output = join(folder, `run-${runs++}`);
  await keyframes({ ...SMALL, output, workDir: work, ...changed });
  const files = readdirSync(output).filter(name => name.startsWith('keyframe-'));
  return Object.fromEntries(
    await Promise.all(files.map(async name => [name.slice(9, 15), Buffer.from((await readPicture(join(output, name))).data)] as const)),
  );
};
/** Files of the steps that are left in the work folder. */
const left = (...steps: readonly string[]): string[] => partsIn(work, ...steps);
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

  test('come out nearly the same with states in single precision', async () => {
    const single = await draw({ bankPrecision: 'fp32' });
    expect(single['000000']).toEqual(whole['000000']);
    for (const name of ['000004', '000011']) {
      const differences = single[name]!.map((v, i) => Math.abs(v - whole[name]![i]!));
      expect(differences.reduce((a, b) => a + b, 0) / differences.length).toBeLessThan(1);
    }
  });

  test('do not depend on the key frames that they do not look at', async () => {
    const alone = await draw({ crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off' });
    const first = await draw({ crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off', interval: 11 });
    expect(first['000011']).toEqual(alone['000011']);
    expect(alone['000011']).not.toEqual(whole['000011']);
    expect(alone['000000']).toEqual(whole['000000']);
  });

  test('change with every option that ties them, behind the anchor alone', async () => {
    const changes: PartialOptions[] = [{ looseCfattn: false }, { maskStrength: 0.9 }, { anchor: 'refresh 2' }];
    for (const change of changes) {
      const drawn = await draw(change);
      expect(drawn['000000']).toEqual(whole['000000']);
      expect(drawn['000011']).not.toEqual(whole['000011']);
    }
  });

  // Steps of one prompt leave states of one, shallow steps those of the outer layers alone; the second pass begins with a whole step.
  test('come out alike with guidance in a part of the steps, and with the whole U-Net at every second', async () => {
    for (const change of [{ guidanceStart: 0.5 }, { deepCache: 2 }, { deepCache: 2, guidanceEnd: 0.6 }] as PartialOptions[]) {
      const drawn = await draw(change);
      expect(Object.keys(drawn)).toEqual(Object.keys(whole));
      for (const [name, pixels] of Object.entries(drawn)) {
        const differences = pixels.map((value, i) => Math.abs(value - whole[name]![i]!));
        const mean = differences.reduce((a, b) => a + b, 0) / pixels.length;
        expect(mean).toBeGreaterThan(0);
        expect(mean).toBeLessThan(40);
      }
    }
  });

  test('start from noise of their own when asked to, each the same whatever is drawn beside it', async () => {
    const untied = { crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off', startNoise: 'own' } as const;
    const own = await draw(untied);
    expect(own['000004']).not.toEqual((await draw({ ...untied, startNoise: 'shared' }))['000004']);
    expect((await draw({ ...untied, interval: 11 }))['000011']).toEqual(own['000011']);
  });

  test('carry a second style, and come out when the first is taken away', async () => {
    const two = { secondStyle: 'a night scene', firstCfgScale: SMALL.cfgScale, firstAgain: 0 };
    const pictures = () => left(...KEYFRAMES).length;
    const before = pictures();
    const night = await draw(two);
    expect(pictures()).toBe(before + 4); // those of the first style were there
    expect(night['000004']).not.toEqual(whole['000004']);
    for (const file of left('keyframe')) rmSync(file);
    expect(await draw(two)).toEqual(night);
    expect(await draw()).toEqual(whole);
    const { work: counted, ...plan } = await planRun({ ...SMALL, ...two, output: join(folder, 'two.mp4'), workDir: work });
    expect(plan).toMatchObject({ style: SMALL.style, secondStyle: 'a night scene' });
    expect(counted).toMatchObject({ unetCalls: 2 * (4 + 3 * (4 + 2)), unetCallsCached: counted.unetCalls });
    const guided = { ...SMALL, ...two, cfgScale: 1, firstCfgScale: 2, output: join(folder, 'two.mp4'), workDir: work };
    expect((await planRun(guided)).work).toMatchObject({ unetCalls: counted.unetCalls, unguidedCalls: counted.unetCalls / 2 });
  });

  test('take on the style’s own colours when the source’s are not to be preserved', async () => {
    const drawn = await draw({ colorPreserve: false });
    expect(drawn['000000']).not.toEqual(whole['000000']);
    expect(left('colours').length).toBe(1);
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
    const result = await rerender({ ...SMALL, input, frames: undefined, interval: 10, output, workDir: work });
    expect(result).toMatchObject({ frames: count, keyframes: Math.min(count, 2) });
  });
});

test('the plan tells steps and room', async () => {
  const plan: PlanSummary = await planRun({ ...SMALL, output: join(folder, 'plan.mp4'), workDir: work, bankMemory: 0 });
  expect(plan.work.unetCalls).toBe(4 + 3 * (4 + 2)); // mixed before steps 3 and 4 of 0..4
  const [width, height] = plan.workingSize;
  const tokens = Math.ceil(width / 16) * Math.ceil(height / 16); // of the two layers with 64 channels
  expect(plan.work.bank?.each).toBe(4 * 2 * 2 * tokens * 64 * 2); // steps, guidance pair, layers, tokens, channels, bytes
  expect(plan.work.bank).toMatchObject({ atOnce: 3, layers: [2, 4], precision: 'fp16' });
  expect(plan.work.bank?.onDisk).toBe(3 * plan.work.bank!.each);
});

test('the plan counts calls that are left out, and what all of them multiply', async () => {
  const counted = async (change: PartialOptions) =>
    (await planRun({ ...SMALL, output: join(folder, 'plan.mp4'), workDir: work, ...change })).work;
  const whole = await counted({});
  expect(whole).not.toHaveProperty('shallowCalls');
  const window = await counted({ guidanceStart: 0.5 }); // steps 2 and 3 of 0..3 in each first pass, all in the second
  expect(window).toMatchObject({ unetCalls: whole.unetCalls, unguidedCalls: 4 * 2, controlCalls: whole.controlCalls });
  const deep = await counted({ deepCache: 2 }); // steps 1 and 3 of the first pass; 3 of the second, which begins at 2
  expect(deep).toMatchObject({ unetCalls: whole.unetCalls, shallowCalls: 4 * 2 + 3, controlCalls: whole.controlCalls - 11 });
  expect(window.flop! / whole.flop!).toBeCloseTo(1 - (4 * 2) / 2 / whole.unetCalls, 1);
  expect(deep.flop!).toBeLessThan(0.8 * whole.flop!);
});

test('a video model makes no shallow calls, so that --speed draft counts none', async () => {
  const model = join(folder, 'video');
  writeClipModel(model);
  const asked = { input: exampleClip(), style: 'oil', model, size: 64, steps: 5, strength: 1, frames: [0, 3] } as const;
  const plan = await planRun({ ...asked, speed: 'draft', output: join(folder, 'plan.mp4'), workDir: work });
  expect(plan.work).toMatchObject({ unetCalls: 5, unguidedCalls: 2 });
  expect(plan.work).not.toHaveProperty('shallowCalls');
});

test('the plan counts what is there already, and what --force makes anew all the same', async () => {
  const workDir = join(folder, 'counted');
  const output = join(folder, 'counted.mp4');
  await rerender({ ...SMALL, output, workDir });
  const cached = async (force?: PartialOptions['force']) => {
    const { work: counted } = await planRun({ ...SMALL, output: join(folder, 'again.mp4'), workDir, ...(force && { force }) });
    return { calls: counted.unetCalls - counted.unetCallsCached, frames: counted.propagated - counted.propagatedCached };
  };
  expect(await cached()).toEqual({ calls: 0, frames: 0 });
  expect(await cached('propagate')).toEqual({ calls: 0, frames: 8 }); // of 12, but the four key frames
  expect(await cached('keyframes')).toEqual({ calls: 4 + 3 * (4 + 2), frames: 8 }); // and what is made from them
});
