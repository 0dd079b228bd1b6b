// The drawing of key frames against the published algorithm, step for step; and what it must survive.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../../config/paths.ts';
import type { Conditioning } from '../../../models/conditioning.ts';
import { type DiffusionModel, openDiffusionModel } from '../../../models/diffusion-model.ts';
import { gaussian } from '../../../models/math/random.ts';
import { openRuntime, type Runtime } from '../../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import type { AttentionStates, Memory, Remember } from '../../../stages/keyframes/memory.ts';
import { type Painted, type PaintOptions, type PaintRequest, paintKeyframe } from '../../../stages/keyframes/paint.ts';
import { type Neighbour, relate } from '../../../stages/keyframes/relation.ts';
import { planSteps, publishedCounts, stepCounts } from '../../../stages/keyframes/work.ts';
import { paintInFull } from './published.ts';

const [height, width] = [64, 96];

/** A bright disc at (x, y) on a ramp: [1, 3, h, w] in [-1, 1]. */
const disc = (x: number, y: number): Tensor => {
  const image = tensor([1, 3, height, width]);
  for (let p = 0; p < height * width; p++) {
    const [u, v] = [p % width, Math.floor(p / width)];
    const inside = (u - x) ** 2 + (v - y) ** 2 < 300;
    const colour = inside ? [0.8, -0.6, -0.7] : [-0.5, u / 48 - 1, v / 32 - 1];
    colour.forEach((value, c) => {
      image.data[c * height * width + p] = value;
    });
  }
  return image;
};

const constant = (value: number): Tensor => tensor([1, 3, height, width], new Float32Array(3 * height * width).fill(value));

/** A motion by (x, y) pixels everywhere. */
const moved = (x: number, y: number): Float32Array => Float32Array.from({ length: 2 * height * width }, (_, i) => (i % 2 ? y : x));

const largest = (a: Tensor, b: Tensor): number => a.data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b.data[i]!)), 0);
const finite = ({ data }: Tensor): boolean => data.every(Number.isFinite);

/** A memory that holds everything that it is handed, and gives no step that it was not. */
type Held = Memory & {
  readonly left: Map<number, AttentionStates>;
  readonly latents: Map<number, Tensor>;
  readonly remember: Required<Remember>;
};
const memory = (id: string): Held => {
  const left = new Map<number, AttentionStates>();
  const latents = new Map<number, Tensor>();
  const at = <T>(values: Map<number, T>, step: number): T => {
    const value = values.get(step);
    if (value === undefined) throw new Error(`key frame ${id} left nothing at step ${step}`);
    return value;
  };
  return {
    ...{ id, left, latents },
    states: async step => at(left, step),
    clean: async step => at(latents, step),
    remember: {
      states: async (step, value) => void left.set(step, value),
      clean: async (step, value) => void latents.set(step, value),
    },
  };
};

let runtime: Runtime;
let model: DiffusionModel;
let conditioning: Conditioning;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
  model = await openDiffusionModel(embeddedModel, { runtime, controls: [] });
  conditioning = (await model.encodeText(['', 'a watercolor painting'])).conditioning;
});
afterAll(() => runtime.close());

const dims = [1, 32, height / 8, width / 8];
const options: PaintOptions = {
  steps: 6,
  begin: 0,
  guidance: 2,
  freeu: { b1: 1.1, b2: 1.2, s1: 1, s2: 0.6 },
  controls: [],
  fusion: {
    cross: [0, 1],
    loose: false,
    warp: [0, 0.4],
    ada: [0.8, 1],
    mask: [0.5, 0.9],
    maskStrength: 0.5,
    innerStrength: 0.9,
    smoothBoundary: true,
  },
};

type Clip = { readonly images: readonly Tensor[]; readonly flow: (k: number, to: number) => Omit<Neighbour, 'image'> };
/** The disc moves by (3, 1) pixels a frame. */
const MOVING: Clip = {
  images: [0, 1, 2].map(k => disc(40 + 3 * k, 30 + k)),
  flow: (k, to) => ({ flow: moved(3 * (to - k), to - k), back: moved(3 * (k - to), k - to) }),
};

type Paint = (request: PaintRequest) => Promise<Painted>;
/** Draws an anchor and two key frames behind it, each memory replacing the one before. */
const drawAll = async (paint: Paint, { images, flow }: Clip, changed: Partial<PaintOptions> = {}) => {
  const results: Painted[] = [];
  const memories: Held[] = [];
  let calls = 0;
  for (const [k, image] of images.entries()) {
    const own = memory(String(k));
    const [anchor, previous] = [results[0]?.image, results[k - 1]?.image];
    const neighbour = (drawn: Tensor, at: number): Neighbour => ({ image: drawn, ...flow(k, at) });
    const relation = anchor && previous && relate(neighbour(anchor, 0), neighbour(previous, k - 1), model.info.factor);
    const noise = gaussian({ seed: 7, purpose: 'start' }, dims);
    results.push(
      await paint({
        model,
        conditioning,
        latent: await model.encodeImage(image),
        options: { ...options, ...changed },
        noise: { start: noise, inject: noise, mix: ({ index }) => gaussian({ seed: 7, purpose: 'mix', step: index }, dims) },
        others: relation && { relation, anchor: memories[0]!, previous: memories[k - 1]! },
        remember: k === 0 ? own.remember : { states: own.remember.states },
        onStep: () => void calls++,
      }),
    );
    memories.push(own);
  }
  return { results, memories, calls };
};

describe('the same result for less work', () => {
  test.each<[string, Partial<PaintOptions>]>([
    ['from noise', { begin: 'noise' }],
    ['from the noised frame', { begin: 0 }],
    ['begun later', { begin: 2 }],
    ['the mix reaching back before the noised frame enters', { begin: 2, fusion: { ...options.fusion, mask: [0.1, 0.9] } }],
    ['with loose attention in a part of the steps', { begin: 1, fusion: { ...options.fusion, loose: true, cross: [0.2, 0.7] } }],
    ['without guidance', { begin: 1, guidance: 1 }],
    ['with its own noise in the mix', { begin: 1, fusion: { ...options.fusion, maskNoise: 'own' } }],
    ['from noise, with its own noise in the mix', { begin: 'noise', fusion: { ...options.fusion, maskNoise: 'own' } }],
    ['with a sampler of second order', { begin: 'noise', sampler: 'dpm++2m' }],
  ])('%s: key frames and what they keep equal the full algorithm', async (_, changed) => {
    const [ours, full] = [await drawAll(paintKeyframe, MOVING, changed), await drawAll(paintInFull, MOVING, changed)];
    for (const [k, { image, mix }] of ours.results.entries()) {
      expect(finite(image)).toBe(true);
      expect(largest(image, full.results[k]!.image)).toBeLessThan(1e-5);
      expect(mix === undefined).toBe(k === 0);
    }
    const [last, reference] = [ours.memories[2]!, full.memories[2]!];
    expect(last.left.size).toBeGreaterThan(0);
    for (const [step, states] of last.left) {
      states.forEach((state, j) => {
        if (state) expect(largest(state, reference.left.get(step)![j]!)).toBeLessThan(1e-4);
      });
    }
    const [first, published] = [ours.memories[0]!.latents, full.memories[0]!.latents];
    expect(first.size).toBeGreaterThan(0);
    for (const [step, clean] of first) expect(largest(clean, published.get(step)!)).toBeLessThan(1e-4);
    const plan = planSteps({ ...options, ...changed });
    const [count, inFull] = [stepCounts(plan), publishedCounts(plan)];
    expect(ours.calls).toBe(count.anchor + 2 * count.key);
    expect(full.calls).toBe(inFull.anchor + 2 * inFull.key);
  });

  test('at Rerender’s settings a key frame takes 72.5 % of the steps, and 60 % at its usual strength', () => {
    const fusion = { ...options.fusion, mask: [0.5, 0.8] as const };
    const share = (begin: number | 'noise'): number => {
      const plan = planSteps({ steps: 20, begin, fusion });
      return stepCounts(plan).key / publishedCounts(plan).key;
    };
    expect(share('noise')).toBe(0.725);
    expect(share(0)).toBe(0.725);
    expect(share(5)).toBe(0.6);
  });

  test('where nothing of the others is seen the second pass is left out, and would have changed nothing', async () => {
    const away: Clip = { ...MOVING, flow: () => ({ flow: moved(500, 0), back: moved(-500, 0) }) };
    const [ours, full] = [await drawAll(paintKeyframe, away), await drawAll(paintInFull, away)];
    expect(ours.results.map(({ mix }) => mix)).toEqual([undefined, undefined, undefined]);
    for (const [k, { image }] of ours.results.entries()) expect(largest(image, full.results[k]!.image)).toBeLessThan(1e-5);
  });
});

describe('what the fusions do', () => {
  test('each one changes the key frames behind the anchor and leaves the anchor alone', async () => {
    const all = options.fusion;
    const none = { ...all, cross: undefined, warp: undefined, ada: undefined, mask: undefined };
    const plain = await drawAll(paintKeyframe, MOVING, { fusion: none });
    for (const fusion of [{ cross: all.cross }, { warp: all.warp }, { ada: all.ada }, { mask: all.mask }]) {
      const drawn = await drawAll(paintKeyframe, MOVING, { fusion: { ...none, ...fusion } });
      expect(drawn.results[0]!.image.data).toEqual(plain.results[0]!.image.data);
      expect(largest(drawn.results[1]!.image, plain.results[1]!.image)).toBeGreaterThan(0.003);
    }
  });

  test('what flickers in the source flickers less in the key frames', async () => {
    const brighter = (by: number) =>
      tensor(
        disc(0, 0).dims,
        disc(40, 30).data.map(v => v + by),
      );
    const still: Clip = { images: [0, 0.3, -0.3].map(brighter), flow: () => ({ flow: moved(0, 0), back: moved(0, 0) }) };
    const distance = async (fusion: PaintOptions['fusion']): Promise<number> => {
      const { results } = await drawAll(paintKeyframe, still, { fusion });
      const [a, b] = [results[1]!.image, results[2]!.image];
      return a.data.reduce((sum, v, i) => sum + Math.abs(v - b.data[i]!), 0) / a.data.length;
    };
    const none = { ...options.fusion, cross: undefined, warp: undefined, ada: undefined, mask: undefined };
    expect(await distance(options.fusion)).toBeLessThan(0.7 * (await distance(none)));
  });
});

describe('input that carries nothing', () => {
  const nowhere = { flow: moved(Number.NaN, Number.NaN), back: moved(Number.NaN, 0) };
  test.each<[string, Clip]>([
    ['black frames', { ...MOVING, images: [-1, -1, -1].map(constant) }],
    ['grey, then white frames', { ...MOVING, images: [0, 1, 1].map(constant) }],
    ['a black frame behind a picture', { ...MOVING, images: [disc(40, 30), constant(-1), constant(-1)] }],
    ['motion that is not a number', { ...MOVING, flow: () => nowhere }],
    ['motion without end', { ...MOVING, flow: () => ({ flow: moved(Number.POSITIVE_INFINITY, 0), back: moved(0, 1e30) }) }],
  ])('%s: every key frame is a picture', async (_, clip) => {
    const { results } = await drawAll(paintKeyframe, clip);
    expect(results.every(({ image }) => finite(image))).toBe(true);
  });

  test('strength 0 returns the frame as the autoencoder has it', async () => {
    const { results, calls } = await drawAll(paintKeyframe, MOVING, { begin: 6 });
    expect(calls).toBe(0);
    expect(largest(results[1]!.image, await model.decodeLatent(await model.encodeImage(MOVING.images[1]!)))).toBe(0);
  });
});
