import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Conditioning } from '../../models/conditioning.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import type { StepState } from '../../models/samplers/sampler.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { diskStore } from '../../pipeline/graph/store.ts';
import { type Steps, withCheckpoint } from '../../pipeline/steps/checkpoint.ts';
import { packTensors, unpackTensors } from '../../pipeline/steps/tensors.ts';
import { drawClip } from '../../stages/windows/draw.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
let runtime: Runtime;
let model: DiffusionModel;
let conditioning: Conditioning;
beforeAll(async () => {
  const SCHEDULE = {
    _class_name: 'PNDMScheduler',
    skip_prk_steps: true,
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    beta_end: 0.012,
  };
  writeClipModel(join(folder, 'model'), SCHEDULE);
  runtime = await openRuntime({ device: 'cpu' });
  model = await openDiffusionModel(join(folder, 'model'), { runtime, controls: [] });
  conditioning = (await model.encodeText(['', 'a dog runs'])).conditioning;
});
afterAll(() => runtime.close());

test('tensors survive being packed', () => {
  const tensors = [tensor([2, 1], Float32Array.of(1.5, -0)), tensor([]), tensor([1, 0, 3])];
  expect(unpackTensors(packTensors({ index: 3 }, tensors))).toEqual({ about: { index: 3 }, tensors });
});

// PNDM and UniPC look at earlier steps, Euler ancestral adds noise at each.
test.each(['ddim', 'dpm++2m', 'unipc', 'pndm', 'euler-a'] as const)(
  '%s goes on from the step where it was ended, to the bit',
  async sampler => {
    const store = diskStore(join(folder, sampler));
    const options = { seed: 3, steps: 5, sampler, guidance: 4, freeu: { b1: 1.2, b2: 1.4, s1: 0.9, s2: 0.2 } };
    const { signal } = new AbortController();
    const draw = (steps: Omit<Steps, 'onStep'> & Partial<Steps>) =>
      drawClip([1, 4, 3, 8, 8], { model, conditioning, options }, signal, steps);
    const whole = await draw({});

    const told: number[] = [];
    const ended = async (after: number): Promise<Tensor> =>
      withCheckpoint(store, 'clip-1', ({ resume, onStep }) => {
        const counted = async (state: StepState): Promise<void> => {
          told.push(state.step.index);
          await onStep(state);
          if (told.length === after) throw new Error('enough');
        };
        return draw({ ...(resume && { resume }), onStep: counted });
      });
    await expect(ended(3)).rejects.toThrow('enough');
    await expect(ended(4)).rejects.toThrow('enough');
    expect(await ended(99)).toEqual(whole);
    expect(told).toEqual(Array.from({ length: told.length }, (_, i) => i)); // each step once
    expect(told.length).toBeGreaterThanOrEqual(5);

    told.length = 0;
    expect(await ended(99)).toEqual(whole); // nothing is left of the state
    expect(told[0]).toBe(0);
  },
);

test('a run that ends behind its last step has no step left to make', async () => {
  const store = diskStore(join(folder, 'last'));
  const options = { seed: 3, steps: 2, sampler: 'ddim' as const, guidance: 1, freeu: undefined };
  const { signal } = new AbortController();
  const whole = await drawClip([1, 4, 2, 8, 8], { model, conditioning, options }, signal);
  const draw = (steps: Steps) => drawClip([1, 4, 2, 8, 8], { model, conditioning, options }, signal, steps);
  const failing = withCheckpoint(store, 'clip-1', async steps => {
    await draw(steps);
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await withCheckpoint(store, 'clip-1', draw)).toEqual(whole);
});
