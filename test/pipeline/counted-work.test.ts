// What plans count of the work that key frames and the frames between them take.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type PartialOptions, type PlanSummary, planRun, rerender } from '../../pipeline/index.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { FEW } from './few-keyframes.ts';

const folder = temporaryFolder();
const work = join(folder, 'work');

test('the plan tells steps and room', async () => {
  const plan: PlanSummary = await planRun({ ...FEW, output: join(folder, 'plan.mp4'), workDir: work, bankMemory: 0 });
  expect(plan.work.unetCalls).toBe(4 + 3 * (4 + 2)); // mixed before steps 3 and 4 of 0..4
  const [width, height] = plan.workingSize;
  const tokens = Math.ceil(width / 16) * Math.ceil(height / 16); // of the two layers with 64 channels
  expect(plan.work.bank?.each).toBe(4 * 2 * 2 * tokens * 64 * 2); // steps, guidance pair, layers, tokens, channels, bytes
  expect(plan.work.bank).toMatchObject({ atOnce: 3, layers: [2, 4], precision: 'fp16' });
  expect(plan.work.bank?.onDisk).toBe(3 * plan.work.bank!.each);
});

test('the plan counts calls that are left out, and what all of them multiply', async () => {
  const counted = async (change: PartialOptions) =>
    (await planRun({ ...FEW, output: join(folder, 'plan.mp4'), workDir: work, ...change })).work;
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
  await rerender({ ...FEW, output, workDir });
  const cached = async (force?: PartialOptions['force']) => {
    const { work: counted } = await planRun({ ...FEW, output: join(folder, 'again.mp4'), workDir, ...(force && { force }) });
    return { calls: counted.unetCalls - counted.unetCallsCached, frames: counted.propagated - counted.propagatedCached };
  };
  expect(await cached()).toEqual({ calls: 0, frames: 0 });
  expect(await cached('propagate')).toEqual({ calls: 0, frames: 8 }); // of 12, but the four key frames
  expect(await cached('keyframes')).toEqual({ calls: 4 + 3 * (4 + 2), frames: 8 }); // and what is made from them
});
