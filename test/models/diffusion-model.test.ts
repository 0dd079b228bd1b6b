import { cp, mkdtemp, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countedRuntime } from '../../bench/guard/counted-runtime.ts';
import { embeddedModel } from '../../config/paths.ts';
import { makeConditioning, openConditioning } from '../../models/conditioning.ts';
import type { DenoiseRequest } from '../../models/denoise-request.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { measurePrediction } from '../../models/open/measure-prediction.ts';
import { checkFit, ModelFitError } from '../../models/open/model-fit.ts';
import { type ModelFolder, openModelFolder } from '../../models/open/model-folder.ts';
import { ModelMissingError } from '../../models/open/model-parts.ts';
import type { LazyNetwork } from '../../models/runtime/lazy-network.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { addNoise } from '../../models/samplers/arithmetic.ts';
import { sample } from '../../models/samplers/sampler.ts';
import { readSamplers } from '../../models/samplers/samplers.ts';
import { firstStep } from '../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import type { Tokenizer } from '../../models/text/tokenizer.ts';
import { WeightError } from '../../models/weights/weight-source.ts';

const [height, width] = [64, 96];

/** A red disc on a blue-green ramp, [1, 3, h, w] in [-1, 1]. */
const painting = (): Tensor => {
  const image = tensor([1, 3, height, width]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - 40) ** 2 + (y - 30) ** 2 < 400;
      const colour = inside ? [0.8, -0.6, -0.7] : [-0.5, x / 48 - 1, y / 32 - 1];
      colour.forEach((v, c) => {
        image.data[(c * height + y) * width + x] = v;
      });
    }
  }
  return image;
};
const controlImageOf = (image: Tensor): Tensor =>
  tensor(
    image.dims,
    image.data.map(v => (v + 1) / 2),
  );
const largestDifference = (a: Tensor, b: Tensor): number => a.data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b.data[i]!)), 0);
const repeat = (x: Tensor, n: number): Tensor =>
  tensor(
    [n, ...x.dims.slice(1)],
    Float32Array.from({ length: n * x.data.length }, (_, i) => x.data[i % x.data.length]!),
  );

let runtime: Runtime;
let root: string;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
  root = await mkdtemp(join(tmpdir(), 'rerender-model-'));
});
afterAll(async () => {
  await runtime.close();
  await rm(root, { recursive: true });
});

describe('the embedded model', () => {
  let model: DiffusionModel;
  let base: DenoiseRequest & { latent: Tensor };
  const denoise = (change: Partial<DenoiseRequest> = {}): Promise<Tensor> => model.denoise({ ...base, ...change });

  beforeAll(async () => {
    model = await openDiffusionModel(embeddedModel, { runtime });
    const image = painting();
    const latent = await model.encodeImage(image);
    const { conditioning } = await model.encodeText(['', 'a watercolor painting']);
    base = {
      conditioning,
      latent,
      noise: gaussian({ seed: 1, purpose: 'start' }, latent.dims),
      steps: 4,
      strength: 0.75,
      guidance: 2,
      controls: [{ image: controlImageOf(image) }],
    };
  });
  afterAll(() => model.release());

  test('is described by its files', () => {
    const { parts, digest, controls, weightFiles, ...info } = model.info;
    expect(info).toEqual({
      folder: embeddedModel,
      kind: 'image',
      adapters: [],
      newTokens: [],
      fewSteps: [],
      warnings: [],
      latentChannels: 32,
      factor: 8,
      prediction: 'v_prediction',
      spacing: 'trailing',
      contextWidth: 128,
      sdxl: false,
      refiner: false,
      tokens: 77,
      attention: [128, 128, 64, 64].map(channels => ({ channels, stride: channels / 32, widest: channels === 128 })),
    });
    expect(controls).toEqual([join(embeddedModel, 'controlnet')]);
    expect(weightFiles).toContain(join(embeddedModel, 'unet', 'diffusion_pytorch_model.safetensors'));
    const millions = Object.fromEntries(parts.map(p => [p.name, Math.round(p.parameters / 1e4) / 100]));
    expect(millions).toEqual({
      unet2d: 6.39,
      controlnet: 2.74,
      'autoencoder-dc-encoder': 0.79,
      'autoencoder-dc-decoder': 1.83,
      'clip-text': 0.66,
    });
    expect(parts.reduce((sum, p) => sum + p.bytes, 0)).toBeCloseTo(24.8e6, -5);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a picture survives its latent', async () => {
    const back = await model.decodeLatent(base.latent);
    expect(back.dims).toEqual([1, 3, height, width]);
    const source = painting().data;
    const error = back.data.reduce((sum, v, i) => sum + Math.abs(v - source[i]!), 0) / source.length;
    expect(error).toBeLessThan(0.15); // of 2; noise would be about 0.7
    expect(back.data.every(v => v >= -1 && v <= 1)).toBe(true);
  });

  test('the same seed gives the same bytes, another one other bytes', async () => {
    const [a, b] = [await denoise(), await denoise()];
    expect(a.data).toEqual(b.data);
    const other = await denoise({ noise: gaussian({ seed: 2, purpose: 'start' }, base.noise.dims) });
    expect(largestDifference(a, other)).toBeGreaterThan(0.03); // noise ends at 0.017 beside latents of 1
  });

  test("a loop of one's own over the denoiser is the same run, bit for bit", async () => {
    for (const sampler of ['ddim', 'unipc', 'dpm++2m'] as const) {
      const first = firstStep(base.steps, base.strength!);
      const whole = await denoise({ sampler, freeu: { b1: 1.2, b2: 1.3, s1: 0.9, s2: 0.5, end: 0.5 } });
      const method = model.sampler(sampler, { count: base.steps, first });
      const { conditioning, guidance, controls } = base;
      const network = model.denoiser({
        ...{ conditioning, guidance, controls, steps: first + method.steps.length, first },
        freeu: { b1: 1.2, b2: 1.3, s1: 0.9, s2: 0.5, end: 0.5 },
      });
      const seen: number[] = [];
      const ask: typeof network = (x, step) => {
        seen.push(step.index);
        return network(x, step);
      };
      const byHand = await sample(method, ask, addNoise(base.latent, base.noise, method.steps[0]!.alphaBar));
      expect(byHand.data).toEqual(whole.data);
      expect(seen).toEqual(method.steps.map(({ index }) => index));
    }
  });

  test('the prompt decides: noir is greyer than the source, autumn is warmer than winter', async () => {
    const drawn = async (prompt: string): Promise<number[]> => {
      const { conditioning } = await model.encodeText(['', prompt]);
      const { data } = await model.decodeLatent(await denoise({ conditioning, strength: 1 }));
      const size = data.length / 3;
      return [0, 1, 2].map(c => data.subarray(c * size, (c + 1) * size).reduce((sum, v) => sum + v, 0) / size);
    };
    const spread = (colour: number[]): number => Math.max(...colour) - Math.min(...colour);
    const [noir, autumn, winter] = [
      await drawn('film noir, black and white'),
      await drawn('golden autumn'),
      await drawn('covered in snow, winter'),
    ];
    expect(spread(noir)).toBeLessThan(spread(autumn));
    expect(autumn[0]! - autumn[2]!).toBeGreaterThan(winter[0]! - winter[2]! + 0.1);
  });

  test('guess mode leaves the negative half without control: at guidance 1 a weaker control, with no control the same', async () => {
    const [control] = base.controls ?? [];
    const guess = { ...control!, guess: true };
    const [plain, guessed] = [await denoise({ guidance: 1 }), await denoise({ guidance: 1, controls: [guess] })];
    expect(largestDifference(plain, guessed)).toBeGreaterThan(0.01);
    const off = await denoise({ controls: [] });
    expect(largestDifference(await denoise({ controls: [{ ...guess, scale: 0 }] }), off)).toBe(0);
    // guidance 2 at a blank negative half: eps = 2 guided - plain, so the two halves differ in their control alone
    const { conditioning } = await model.encodeText(['same', 'same']);
    const same = { conditioning, steps: 1, strength: 1 };
    const [both, alone, neither] = [
      await denoise({ ...same, guidance: 3, controls: [guess] }),
      await denoise({ ...same, guidance: 1, controls: [guess] }),
      await denoise({ ...same, guidance: 1, controls: [] }),
    ];
    const expected = neither.data.map((v, i) => v + 3 * (alone.data[i]! - v));
    expect(largestDifference(both, { dims: both.dims, data: expected })).toBeLessThan(1e-3);
  });

  test('without guidance only the prompt counts, at half the cost', async () => {
    const { conditioning } = await model.encodeText(['a photo of a red house', 'a watercolor painting']);
    const [a, b] = [await denoise({ guidance: 1 }), await denoise({ guidance: 1, conditioning })];
    expect(a.data).toEqual(b.data);
    expect(largestDifference(await denoise(), await denoise({ conditioning }))).toBeGreaterThan(0.01);
  });

  test('FreeU at 1, 1, 1, 1 and FreeU outside its window are FreeU off, bit for bit', async () => {
    const off = await denoise();
    const strong = { b1: 1.5, b2: 1.6, s1: 0.9, s2: 0.2 };
    expect((await denoise({ freeu: { b1: 1, b2: 1, s1: 1, s2: 1 } })).data).toEqual(off.data);
    expect((await denoise({ freeu: { ...strong, start: 1 } })).data).toEqual(off.data);
    expect(largestDifference(off, await denoise({ freeu: strong }))).toBeGreaterThan(0.01);
    expect(largestDifference(await denoise({ freeu: strong }), await denoise({ freeu: { ...strong, end: 0.5 } }))).toBeGreaterThan(1e-3);
  });

  test('a ControlNet of scale 0, or outside its window, is no ControlNet', async () => {
    const none = await denoise({ controls: [] });
    const [control] = base.controls!;
    expect((await denoise({ controls: [{ ...control!, scale: 0 }] })).data).toEqual(none.data);
    expect((await denoise({ controls: [{ ...control!, end: 0.1 }] })).data).toEqual(none.data);
    expect(largestDifference(none, await denoise())).toBeGreaterThan(0.01);
  });

  test('pictures drawn together are the pictures drawn alone', async () => {
    const twice = await denoise({ latent: repeat(base.latent, 2), noise: repeat(base.noise, 2) });
    expect(twice.dims[0]).toBe(2);
    expect(largestDifference(repeat(await denoise(), 2), twice)).toBeLessThan(1e-4);
  });

  test('strength 0 returns the latent, strength 1 begins at the noised source', async () => {
    expect(await denoise({ strength: 0 })).toEqual(base.latent);
    const starts: Tensor[] = [];
    await denoise({ strength: 1, steps: 2, editInput: ({ x }) => (starts.push(x) ? x : x) });
    const [a] = [starts[0]!];
    const correlation = a.data.reduce((sum, v, i) => sum + v * base.latent.data[i]!, 0);
    expect(correlation).toBeGreaterThan(0.3 * base.latent.data.reduce((sum, v) => sum + v * v, 0));
  });

  test('without a latent it begins at the noise and runs every step', async () => {
    let first: Tensor | undefined;
    let steps = 0;
    const { latent: _, ...request } = base;
    await model.denoise({ ...request, strength: 0.5, editInput: ({ x }) => (first ??= x) && x, onStep: () => void steps++ });
    expect(first?.data).toEqual(base.noise.data);
    expect(steps).toBe(base.steps);
  });

  test('a run resumed from a later step ends as it did, windows included', async () => {
    const freeu = { b1: 1.3, b2: 1.4, s1: 0.9, s2: 0.2, end: 0.7 };
    const states: { index: number; x: Tensor; direction: Tensor }[] = [];
    const whole = await denoise({ freeu, onStep: ({ step, x, direction }) => void states.push({ index: step.index + 1, x, direction }) });
    expect(states.map(s => s.index)).toEqual([2, 3, 4]);
    expect((await denoise({ freeu, resume: states[0]! })).data).toEqual(whole.data);
  });

  test('a frame whose self-attention sees its own recorded states is drawn as it was', async () => {
    const banks = new Map<number, { readonly states: readonly (Tensor | undefined)[]; readonly ownTokens: number }>();
    const plain = await denoise({ attention: { record: (step, states) => void banks.set(step.index, { states, ownTokens: 0 }) } });
    expect([...banks.keys()]).toEqual([1, 2, 3]);
    expect(banks.get(1)!.states.map(s => s?.dims)).toEqual([2, 2, 2, 2].map((n, j) => [n, ...(j < 2 ? [6, 128] : [24, 64])]));
    expect(largestDifference(plain, await denoise({ attention: { bank: step => banks.get(step.index) } }))).toBeLessThan(1e-4);
    const other = new Map(
      [...banks].map(([i, bank]) => [
        i,
        {
          ...bank,
          states: bank.states.map(
            s =>
              s &&
              tensor(
                s.dims,
                s.data.map(v => -v),
              ),
          ),
        },
      ]),
    );
    expect(largestDifference(plain, await denoise({ attention: { bank: step => other.get(step.index) } }))).toBeGreaterThan(1e-3);
  });

  test('a control image is read once, residuals move, and states that nobody reads are not fetched', async () => {
    const counted = countedRuntime(runtime);
    const own = await openDiffusionModel(embeddedModel, { runtime: counted });
    const seen: (readonly (Tensor | undefined)[])[] = [];
    const recorded = { record: (_: unknown, states: (typeof seen)[number]) => void seen.push(states) };
    const drawn = await own.denoise({ ...base, attention: { ...recorded, recorded: ({ index }) => (index === 2 ? [2] : undefined) } });
    expect(drawn.data).toEqual((await denoise()).data);
    expect(seen.map(states => states.map(s => s?.dims))).toEqual([[undefined, undefined, [2, 24, 64], undefined]]);
    const { unet2d, controlnet, 'controlnet-hint': hint } = counted.asked;
    expect([hint?.runs, controlnet?.runs, unet2d?.runs]).toEqual([1, 3, 3]);
    expect(unet2d?.fetched).toBe(4 * (3 * 2 * base.latent.data.length + 2 * 24 * 64));
    expect(unet2d?.given).toBe(controlnet?.fetched);
    expect(unet2d?.copied).toBeLessThan(4 * 3 * (base.latent.data.length + 2 * 77 * 128 + 100));
    await own.release();
  });

  test('an abort ends a run between two steps and leaves the model usable', async () => {
    const control = new AbortController();
    let steps = 0;
    const run = denoise({ signal: control.signal, onStep: () => void (++steps === 2 && control.abort()) });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).toBe(2);
    await expect(denoise({ steps: 1, strength: 1 })).resolves.toBeDefined();
  });

  test('released sessions open again', async () => {
    const states = async () => openConditioning((await model.encodeText(['a mosaic'])).conditioning).states.data;
    const before = await states();
    await model.release('text');
    expect(await states()).toEqual(before);
  });

  test('the end of a prompt that finds no room is told', async () => {
    const { cut } = await model.encodeText(['short', 'a cat '.repeat(40)]);
    expect(cut).toEqual(['', 'cat a cat a cat']); // 80 tokens, of which 75 fit
  });
});

describe('a model folder', () => {
  const copy = async (name: string): Promise<string> => {
    const folder = join(root, name);
    await cp(embeddedModel, folder, { recursive: true });
    return folder;
  };

  test.each<[string, (folder: string) => Promise<unknown>, string]>([
    [
      'no scheduler',
      f => rm(join(f, 'scheduler'), { recursive: true }),
      'has no scheduler/scheduler_config.json: a model is a diffusers folder with unet/, vae/',
    ],
    [
      'no weights and no vocabulary',
      async f => Promise.all([rm(join(f, 'unet/diffusion_pytorch_model.safetensors')), rm(join(f, 'tokenizer/vocab.json'))]),
      'has no unet/*.safetensors, tokenizer/vocab.json: ',
    ],
    [
      'weights of another program',
      f => rename(join(f, 'vae/diffusion_pytorch_model.safetensors'), join(f, 'vae/diffusion_flax_model.msgpack')),
      'has no vae/*.safetensors: ',
    ],
    ['an empty ControlNet', async f => rm(join(f, 'controlnet/config.json')), 'controlnet has no config.json'],
  ])('%s: what is missing is listed', async (name, damage, message) => {
    const folder = await copy(name);
    await damage(folder);
    await expect(openDiffusionModel(folder, { runtime })).rejects.toThrow(ModelMissingError);
    await expect(openDiffusionModel(folder, { runtime })).rejects.toThrow(message);
  });

  test('no folder, and a file that is no model, are told apart', async () => {
    const file = join(root, 'model.safetensors');
    await writeFile(file, '');
    await expect(openDiffusionModel(join(root, 'absent'), { runtime })).rejects.toThrow('there is no model folder or file');
    await expect(openDiffusionModel(file, { runtime })).rejects.toThrow('model.safetensors: is no safetensors file');
  });

  test('truncated weights are refused before anything is run', async () => {
    const folder = await copy('truncated');
    await truncate(join(folder, 'unet/diffusion_pytorch_model.safetensors'), 5_000_000);
    await expect(openDiffusionModel(folder, { runtime })).rejects.toThrow(WeightError);
  });

  test('half-precision files with the variant in their name are found', async () => {
    const folder = await copy('variant');
    const at = (name: string): string => join(folder, 'unet', `diffusion_pytorch_model${name}.safetensors`);
    await rename(at(''), at('.fp16'));
    await expect(openDiffusionModel(folder, { runtime })).resolves.toBeDefined();
  });

  test('the digest is that of the contents: a copy has it, a changed weight or config has another', async () => {
    const digest = async (folder: string): Promise<string> => (await openDiffusionModel(folder, { runtime })).info.digest;
    const folder = await copy('digest');
    const original = await digest(embeddedModel);
    expect(await digest(folder)).toBe(original);
    const file = await open(join(folder, 'unet/diffusion_pytorch_model.safetensors'), 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.of(0x55), 0, 1, size - 1);
    await file.close();
    const changed = await digest(folder);
    const schedule = join(folder, 'scheduler/scheduler_config.json');
    await writeFile(schedule, (await readFile(schedule, 'utf8')).replace('"v_prediction"', '"epsilon"'));
    expect(new Set([original, changed, await digest(folder)]).size).toBe(3);
  });

  test('a schedule that is not supported is refused by name', async () => {
    const folder = await copy('schedule');
    const file = join(folder, 'scheduler/scheduler_config.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"v_prediction"', '"flow"'));
    await expect(openDiffusionModel(folder, { runtime })).rejects.toThrow('prediction_type "flow" is not supported');
  });
});

describe('parts that do not fit are refused, both sides named', () => {
  let model: ModelFolder;
  beforeAll(async () => {
    model = await openModelFolder(embeddedModel);
  });
  const control = (change: object): Partial<ModelFolder> => ({
    controls: [{ ...model.controls[0]!, config: { ...model.controls[0]!.config, ...change } }],
  });

  test('the parts of the embedded model fit', () => {
    expect(() => checkFit(model)).not.toThrow();
  });

  const tokenizing = (change: Partial<Tokenizer>): Partial<ModelFolder> => {
    const text = model.texts[0]!;
    return { texts: [{ ...text, tokenizer: { ...text.tokenizer, ...change } }] };
  };
  test.each<[string, () => Partial<ModelFolder>, string]>([
    [
      'autoencoder',
      () => ({ autoencoder: { ...model.autoencoder, latentChannels: 4 } }),
      'the autoencoder (vae/) has 4 latent channels, the U-Net (unet/) takes 32',
    ],
    [
      'text encoder',
      () => ({ texts: [{ ...model.texts[0]!, width: 768 }] }),
      'the text encoder (text_encoder/) is 768 wide, the U-Net (unet/) attends to 128',
    ],
    [
      'tokenizer',
      () => tokenizing({ maxId: 49407 }),
      'the tokenizer (tokenizer/) has ids up to 49407, the text encoder (text_encoder/) knows 2014',
    ],
    ['prompt length', () => tokenizing({ length: 248 }), 'makes 248 tokens, the text encoder (text_encoder/) has 77 positions'],
    ['ControlNet latents', () => control({ inChannels: 4 }), 'controlnet takes 4 latent channels, the U-Net (unet/) 32'],
    [
      'ControlNet levels',
      () => control({ levels: model.controls[0]!.config.levels.slice(1) }),
      'the U-Net (unet/) has 64 64 64 64 64 128 128 128 128',
    ],
    ['ControlNet image', () => control({ imageWidths: [16, 32] }), "takes 2 pixels for a latent's side, the autoencoder (vae/) 8"],
  ])('%s', (_, change, message) => {
    expect(() => checkFit({ ...model, ...change() })).toThrow(ModelFitError);
    expect(() => checkFit({ ...model, ...change() })).toThrow(message);
  });
});

describe('what a U-Net predicts is told by one look at pure noise', () => {
  const STABLE_DIFFUSION = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' };
  // The best guess from pure noise: all of it is noise, and what is left is one and the same picture.
  const picture = (i: number): number => Math.sin(i / 9) + 0.3;
  test.each([
    ['epsilon', (x: number) => 0.998 * x],
    ['v_prediction', (x: number, i: number) => 0.068 * x - picture(i)],
  ])('%s', async (prediction, guess) => {
    const { unet, texts, autoencoder } = await openModelFolder(embeddedModel, { controls: [] });
    const text = texts[0]!;
    const ideal: LazyNetwork = {
      graph: unet.graph,
      run: async ({ sample }) => ({ eps: { dims: sample!.dims, data: Float32Array.from(sample!.data as Float32Array, guess) } }),
      release: async () => undefined,
    };
    const states = { dims: [1, 77, text.width], data: new Float32Array(77 * text.width) };
    const { schedule } = readSamplers(STABLE_DIFFUSION);
    expect(
      (await measurePrediction(ideal, schedule, { channels: autoencoder.latentChannels, conditioning: makeConditioning({ states }) }))
        .prediction,
    ).toBe(prediction);
  });
});
