// Reuse of deep features: the outer layers go on from what a whole call left as if they were a part of it; calls are made as counted.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { callsOf } from '../../models/denoise/calls.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { openNetworkFolder } from '../../models/networks/folder.ts';
import { unetConfig } from '../../models/networks/unet-config.ts';
import { shallowUNet, unet2d } from '../../models/networks/unet2d.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import type { Feeds } from '../../models/runtime/calls.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, type IntTensor, type Tensor, tensor } from '../../models/tensor.ts';
import { shapesOf } from '../../models/weights/shapes-of.ts';
import { difference, noise, runGraph, scalar, weightsOf } from './graphs.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

/** Attention on the level of the latent's size: its layers are among the last. */
const ATTENDING = unetConfig({
  file: 'config.json',
  values: {
    block_out_channels: [16, 32],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    ...{ layers_per_block: 1, cross_attention_dim: 24, attention_head_dim: 2, norm_num_groups: 8, in_channels: 4 },
  },
});

const attendingWeights = () =>
  weightsOf(
    Object.fromEntries(
      [...shapesOf(weights => unet2d(ATTENDING, weights))].map(([name, dims]) => {
        const { data } = noise(name, dims);
        return [name, { dims, data: data.map(value => value / Math.sqrt(elements(dims.slice(1)))) }];
      }),
    ),
  );

/** A guidance pair, FreeU on, states of another frame for the last self-attention, one skip under control. */
const feedsOf = ({ inputs }: NetworkGraph, channels: number): Feeds =>
  Object.fromEntries(
    inputs.flatMap(({ name, dtype, dims }): [string, Tensor | IntTensor][] => {
      const [part = ''] = name.split('.');
      if (part === 'deep') return [];
      if (dtype === 'int64') return [[name, { dims: [1], data: BigInt64Array.of(2n ** 31n) }]];
      if (part === 'control') return [[name, name === 'control.0' ? noise(name, [2, channels, 7, 6]) : tensor([1, 1, 1, 1])]];
      if (part === 'bank') return [[name, noise(name, [2, 5, Number(dims[2])])]];
      if (part === 'sample') return [[name, noise('sample', [2, Number(dims[1]), 7, 6])]];
      if (part === 'timestep') return [[name, tensor([1], Float32Array.of(500))]];
      if (part === 'context') return [[name, noise('context', [2, 9, Number(dims[2])])]];
      return [[name, scalar({ b1: 1.1, b2: 1.2, s1: 0.8, s2: 0.9 }[part] ?? 2)]];
    }),
  );

describe('a shallow call with the deep features of its own step is the whole call', () => {
  test.each([
    ['the embedded model', 1, {}],
    ['the embedded model', 2, {}],
    ['attention on the last level', 1, {}],
    ['attention on the last level', 2, {}],
    ['attention on the last level', 2, { thinKeys: true }],
  ] as const)('%s, %i blocks, %j', async (which, shallowBlocks, more) => {
    const embedded = await openNetworkFolder(join(embeddedModel, 'unet'));
    const [config, weights] =
      which === 'the embedded model' ? [unetConfig(embedded.config), embedded.weights] : [ATTENDING, await attendingWeights()];
    const options = { ...more, shallowBlocks };
    const [whole, shallow] = [unet2d(config, weights, options), shallowUNet(config, weights, options)];
    const first = config.levels[0]!.channels;
    const expected = await runGraph(runtime, whole, feedsOf(whole, first));
    const results = await runGraph(runtime, shallow, { ...feedsOf(shallow, first), deep: expected.deep! });
    const names = Object.keys(results);
    expect(names).toContain('eps');
    expect(names.filter(name => name.startsWith('state.'))).toEqual(
      which === 'the embedded model' ? [] : ['state.0', 'state.1'].slice(-shallowBlocks),
    );
    for (const name of names) expect(difference(results[name]!, expected[name]!), name).toBeLessThan(1e-4);
    expect(shallow.weights.length).toBeLessThan(0.6 * whole.weights.length);
  });
});

describe('a run', () => {
  let model: DiffusionModel;
  beforeAll(async () => {
    model = await openDiffusionModel(embeddedModel, { runtime, unet: { shallowBlocks: 1 } });
  });
  afterAll(() => model.release());

  const request = async () => {
    const noise = gaussian({ seed: 1, purpose: 'start' }, [1, 32, 8, 8]);
    const { conditioning } = await model.encodeText(['', 'a watercolor painting']);
    const image = tensor([1, 3, 64, 64], new Float32Array(3 * 64 * 64).fill(0.5));
    return { conditioning, noise, steps: 6, guidance: 2, controls: [{ image }] };
  };

  test.each([
    [{ wholeEvery: 1 }, { pairs: 6, singles: 0, shallowPairs: 0, shallowSingles: 0 }],
    [{ wholeEvery: 3 }, { pairs: 2, singles: 0, shallowPairs: 4, shallowSingles: 0 }],
    [{ guidanceWindow: { start: 0.5 } }, { pairs: 3, singles: 3, shallowPairs: 0, shallowSingles: 0 }],
    // The third step is the last without guidance: what it could go on from answers one prompt, and the fourth asks two.
    [
      { wholeEvery: 2, guidanceWindow: { start: 0.5 } },
      { pairs: 2, singles: 2, shallowPairs: 1, shallowSingles: 1 },
    ],
  ])('%j calls the networks as often as is counted', async (savings, counted) => {
    expect(callsOf([0, 1, 2, 3, 4, 5], 6, { guided: true, ...savings })).toEqual(counted);
    const before = model.usage();
    await model.denoise({ ...(await request()), ...savings });
    const { unet, controls, shallow } = model.usage();
    const whole = counted.pairs + counted.singles;
    expect(unet.runs - before.unet.runs).toBe(whole);
    expect(controls.runs - before.controls.runs).toBe(whole);
    expect(shallow!.runs - before.shallow!.runs).toBe(6 - whole);
  });

  test('without guidance in a part of the steps is one with guidance of 1 there, bit for bit', async () => {
    const base = await request();
    const without = await model.denoise({ ...base, guidance: 1 });
    expect((await model.denoise({ ...base, guidanceWindow: { start: 1 } })).data).toEqual(without.data);
    const guided = await model.denoise(base);
    expect((await model.denoise({ ...base, guidanceWindow: { start: 0, end: 1 } })).data).toEqual(guided.data);
    const part = await model.denoise({ ...base, guidanceWindow: { end: 0.5 } });
    for (const other of [without, guided]) expect(difference(part, other)).toBeGreaterThan(1e-3);
  });

  test('leaves states of the outer layers alone at shallow steps', async () => {
    const steps: number[] = [];
    const record = (_: unknown, states: readonly (Tensor | undefined)[]): void =>
      void steps.push(states.filter(state => state !== undefined).length);
    await model.denoise({ ...(await request()), wholeEvery: 2, attention: { record } });
    expect(steps).toEqual([4, 0, 4, 0, 4, 0]); // the embedded model attends on two levels below that of the latent
  });

  test('is refused where the model was opened without outer layers of its own', async () => {
    const plain = await openDiffusionModel(embeddedModel, { runtime });
    const { conditioning } = await request();
    expect(() => plain.denoiser({ conditioning, steps: 4, wholeEvery: 2 })).toThrow('open the model with unet.shallowBlocks');
  });
});
