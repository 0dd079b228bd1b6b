// SDXL in its users' layouts at toy size: folders, one file, LoRAs, embeddings, ControlNets, and every wrong pairing.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartialOptions } from '../../config/options.ts';
import { openConditioning, type PictureSizes } from '../../models/conditioning.ts';
import { guide } from '../../models/denoise/guidance.ts';
import { timeIds } from '../../models/denoise/time-ids.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { familyAt } from '../../models/inspect/family.ts';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
import { modelSigns } from '../../models/open/model-signs.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { settleRun } from '../../pipeline/session/settle.ts';
import { noise } from '../support/noise.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tinySd, writeFolder } from '../support/tiny-sd.ts';
import { tinyXl, writePrunedControl, writeXlControl, writeXlFolder, XL, XL_UNET, xlLoras, xlState } from '../support/tiny-xl.ts';

const root = temporaryFolder();
const xl = tinyXl();
const folder = writeXlFolder(join(root, 'xl'), xl);
const control = writeXlControl(join(root, 'control-xl'), xl);
const one = writeFolder(join(root, 'sd-1'), tinySd(1));
const write = (name: string, tensors: Parameters<typeof safetensorsBytes>[0]): string => {
  writeFileSync(join(root, name), safetensorsBytes(tensors));
  return join(root, name);
};
const single = write('xl.safetensors', xlState(xl));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

const drawn = async (model: DiffusionModel, sizes?: PictureSizes): Promise<Float32Array> => {
  const { conditioning } = await model.encodeText([undefined, 'a red fox'], undefined, { sizes });
  return (await model.denoise({ conditioning, noise: noise('n', [1, 4, 4, 6]), steps: 2, sampler: 'auto', guidance: 5 })).data;
};
const open = (path: string, options = {}) => openDiffusionModel(path, { runtime, controls: [], ...options });

test('one file is the folder: config from dims, names, fused and turned matrices, tokenizers, schedule', async () => {
  const [whole, file] = [await openModelFolder(folder), await openModelFolder(single)];
  expect(file.unet.config).toEqual(whole.unet.config);
  expect(file.texts.map(({ component, width, pooledWidth }) => [component, width, pooledWidth])).toEqual([
    ['text_encoder', XL.first, undefined],
    ['text_encoder_2', XL.second, XL.pooled],
  ]);
  const prompt = 'a fox, 12';
  expect(file.texts.map(({ tokenizer }) => tokenizer.encode(prompt))).toEqual(whole.texts.map(({ tokenizer }) => tokenizer.encode(prompt)));
  expect(file.texts[0]!.tokenizer.encode('').ids.at(-1)).not.toBe(file.texts[1]!.tokenizer.encode('').ids.at(-1)); // paddings
  expect(file.autoencoder.fromLatent(tensor([1], Float32Array.of(1)))).toEqual(
    whole.autoencoder.fromLatent(tensor([1], Float32Array.of(1))),
  );
  expect(await drawn(await open(single))).toEqual(await drawn(await open(folder)));
});

test('marks of v-prediction and zero terminal SNR set the schedule', async () => {
  const { schedule } = (await openModelFolder(write('v.safetensors', xlState(xl, ['v_pred', 'ztsnr'])))).samplers;
  expect(schedule).toMatchObject({ prediction: 'v_prediction', zeroSnr: true, spacing: 'trailing' });
  const plain = (await openModelFolder(single)).samplers.schedule;
  expect(plain).toMatchObject({ prediction: 'epsilon', zeroSnr: false, spacing: 'leading' });
});

test('`models inspect` knows folder, file, ControlNet and embedding', async () => {
  expect(await inspectModel(folder)).toMatchObject({ kind: 'sdxl', missing: [], problems: [], prediction: 'epsilon' });
  const file = await inspectModel(single);
  expect([await familyAt(folder), await familyAt(single), await familyAt(control)]).toEqual(['sdxl', 'sdxl', undefined]);
  expect(file).toMatchObject({ kind: 'sdxl', missing: [], problems: [] });
  expect(file.parts.map(({ name }) => name).sort()).toEqual(['text_encoder', 'text_encoder_2', 'unet', 'vae']);
  expect(await inspectModel(control)).toMatchObject({ kind: 'controlnet', recognised: [{ what: 'is for SDXL' }] });
  expect((await inspectModel(write('e.safetensors', { clip_l: noise('l', [1, 64]), clip_g: noise('g', [1, 128]) }))).kind).toBe(
    'embedding',
  );
});

test('the size that a model is made for: its config, else 1024; flags and its own advice win', async () => {
  const sizeOf = async (model: string, values: PartialOptions = {}) => {
    const { options, origins } = await settleRun([{ origin: { kind: 'flag' }, values: { model, ...values } }]);
    return [options.size, origins.size.kind, origins.size.detail];
  };
  const trained = ['model', 'as SDXL is trained'];
  expect(await sizeOf(folder)).toEqual([1024, ...trained]);
  expect(await sizeOf(single)).toEqual([1024, ...trained]);
  expect(await sizeOf(single, { size: 64 })).toEqual([64, 'flag', undefined]);
  expect(await sizeOf(one)).toEqual([512, 'default', undefined]);
  const turbo = join(root, 'turbo');
  cpSync(folder, turbo, { recursive: true });
  writeFileSync(join(turbo, 'unet', 'config.json'), JSON.stringify({ ...XL_UNET, sample_size: 64 }));
  expect(await sizeOf(turbo)).toEqual([512, ...trained]);
  expect(await sizeOf(single, { modelConfig: turbo })).toEqual([512, ...trained]);
  writeFileSync(join(turbo, 'rerender.json'), JSON.stringify({ size: 80 }));
  expect(await sizeOf(turbo)).toEqual([80, 'model', undefined]);
});

test('headers are read once, until they change', async () => {
  const file = write('signs.safetensors', xlState(xl));
  const before = await modelSigns(file);
  expect(await modelSigns(file)).toBe(before);
  expect(before).toMatchObject({ unet: { addition_embed_type: 'text_time' }, marks: {} });
  write('signs.safetensors', { x: noise('x', [2]) });
  expect(await modelSigns(file)).toEqual({ marks: {} });
});

test('spacing in place of what the files say', async () => {
  const spacingOf = async (options: { spacing?: 'trailing' }) =>
    (await openModelFolder(folder, options)).samplers.open('euler', { count: 4 });
  expect((await spacingOf({})).steps.map(({ t }) => t)).toEqual([751, 501, 251, 1]);
  expect((await spacingOf({ spacing: 'trailing' })).steps.map(({ t }) => t)).toEqual([999, 749, 499, 249]);
});

test('ControlNets of each size guide in their own way', async () => {
  const controls = [control, writePrunedControl(join(root, 'mid'), 'mid'), writePrunedControl(join(root, 'small'), 'small')];
  const image = { dims: [1, 3, 8, 12], data: noise('i', [1, 3, 8, 12]).data.map(v => Math.abs(v) % 1) };
  const results = await Promise.all(
    controls.map(async path => {
      const model = await openDiffusionModel(folder, { runtime, controls: [path] });
      const { conditioning } = await model.encodeText([undefined, 'a red fox']);
      return model.denoise({ conditioning, noise: noise('n', [1, 4, 4, 6]), steps: 1, sampler: 'auto', controls: [{ image }] });
    }),
  );
  const plain = await drawn(await open(folder));
  const texts = [plain, ...results.map(({ data }) => data)].map(data => data.join(' '));
  expect(new Set(texts).size).toBe(4);
});

describe('prompts', () => {
  test('an absent prompt is zeros, an empty one is encoded, and a folder may say otherwise', async () => {
    const states = async (model: DiffusionModel, prompt: string | undefined) =>
      openConditioning((await model.encodeText([prompt, 'a fox'])).conditioning);
    const zero = ({ data }: Tensor): boolean => data.subarray(0, data.length / 2).every(v => v === 0);
    const model = await open(folder);
    const absent = await states(model, undefined);
    expect([zero(absent.states), zero(absent.pooled!)]).toEqual([true, true]);
    expect(zero((await states(model, '')).states)).toBe(false);
    const other = join(root, 'no-zeros');
    cpSync(folder, other, { recursive: true });
    writeFileSync(join(other, 'model_index.json'), JSON.stringify({ force_zeros_for_empty_prompt: false }));
    expect((await states(await open(other), undefined)).states).toEqual((await states(model, '')).states);
  });

  test('clip skip changes the states of the prompt, and neither the negative ones nor the pooled', async () => {
    const model = await open(folder);
    const read = async (clipSkip: number) =>
      openConditioning((await model.encodeText(['grey', 'a fox'], undefined, { clipSkip })).conditioning);
    const [plain, skipped] = [await read(0), await read(1)];
    const half = plain.states.data.length / 2;
    expect(skipped.states.data.subarray(0, half)).toEqual(plain.states.data.subarray(0, half));
    expect(skipped.states.data.subarray(half)).not.toEqual(plain.states.data.subarray(half));
    expect(skipped.pooled).toEqual(plain.pooled);
    await expect(read(2)).rejects.toThrow('has 3 layers: at most 1 can be left out, got 2');
  });

  test('the drawn size stands in for sizes that are not given', async () => {
    expect([...timeIds([{}], [48, 64], 6).data]).toEqual([48, 64, 0, 0, 48, 64]);
    expect([...timeIds([{ crop: [1, 2], score: 3 }], [48, 64], 5).data]).toEqual([48, 64, 1, 2, 3]);
    const model = await open(folder);
    const plain = await drawn(model);
    expect(await drawn(model, { original: [8, 12], target: [8, 12] })).toEqual(plain); // 4 x 6 latents of factor 2
    expect(await drawn(model, { original: [4, 6] })).not.toEqual(plain);
  });
});

describe('adapters', () => {
  const rank = (out: number, inner: number, name: string) => ({
    [`${name}.lora_up.weight`]: noise('up', [out, 2]),
    [`${name}.lora_down.weight`]: noise('down', [2, inner]),
  });
  const te1 = rank(64, 64, 'lora_te1_text_model_encoder_layers_0_self_attn_q_proj');
  const te2 = rank(128, 128, 'lora_te2_text_model_encoder_layers_0_self_attn_q_proj');
  const unet = rank(64, 64, 'lora_unet_input_blocks_3_1_transformer_blocks_0_attn1_to_q');

  test('a LoRA changes U-Net and both text encoders, each by the names of kohya, diffusers and PEFT', async () => {
    const changed = async (tensors: Parameters<typeof safetensorsBytes>[0]) => {
      const model = await openModelFolder(folder, { loras: [{ path: write('lora.safetensors', tensors), weight: 1 }] });
      return [model.unet, ...model.texts].map(({ graph }) => graph.weights.some(({ file }) => file.endsWith('lora.safetensors')));
    };
    expect(await changed(unet)).toEqual([true, false, false]);
    expect(await changed(te1)).toEqual([false, true, false]);
    expect(await changed(te2)).toEqual([false, false, true]);
    const peft = { 'text_encoder_2.text_model.encoder.layers.1.mlp.fc1': [96, 128] } as const;
    const [[name, [out, inner]]] = Object.entries(peft) as [[string, [number, number]]];
    const pair = { [`${name}.lora_B.weight`]: noise('b', [out, 2]), [`${name}.lora_A.weight`]: noise('a', [2, inner]) };
    expect(await changed(pair)).toEqual([false, false, true]);
  });

  test('under the names of every kind of file a LoRA is the same changes of the same weights', async () => {
    const changes = async (name: string, tensors: Parameters<typeof safetensorsBytes>[0]) => {
      const model = await openModelFolder(folder, { loras: [{ path: write(`lora-${name}.safetensors`, tensors), weight: 1 }] });
      expect(model.warnings).toEqual([]);
      return [model.unet, ...model.texts].map(({ graph }) =>
        graph.weights.filter(({ file }) => file.includes('lora-')).map(({ dims }) => dims),
      );
    };
    const { sgm, ...others } = xlLoras(xl);
    const due = await changes('sgm', sgm);
    expect(due.map(list => list.length)).toEqual([22, 4, 6]); // of every first attention; of the layers that are read, 2 and 3
    for (const [name, tensors] of Object.entries(others)) expect(await changes(name, tensors), name).toEqual(due);
  });

  test('an XL LoRA does not fit Stable Diffusion 1, and says so', async () => {
    const loras = [{ path: write('lora-xl.safetensors', { ...te1, ...te2, ...unet }), weight: 1 }];
    await expect(open(one, { loras })).rejects.toThrow(
      /lora-xl\.safetensors is for SDXL \(.*lora_te2_.*\), the model .*sd-1 reads texts 64 wide and has one text encoder/,
    );
  });

  test('embeddings have a table for each encoder', async () => {
    const both = write('both.safetensors', { clip_l: noise('l', [2, 64]), clip_g: noise('g', [2, 128]) });
    const model = await open(folder, { embeddings: [{ path: both, token: '<w>' }] });
    const read = async (prompt: string) => openConditioning((await model.encodeText([prompt])).conditioning);
    expect((await read('a <w>')).states).not.toEqual((await read('a w')).states);
    const alone = write('alone.safetensors', { emb_params: noise('l', [1, 64]) });
    await expect(open(folder, { embeddings: [{ path: alone }] })).rejects.toThrow(
      "has vectors of alone for one text encoder, the model has SDXL's text encoders",
    );
    await expect(open(one, { embeddings: [{ path: both }] })).rejects.toThrow(
      "for SDXL's two text encoders, the model has one text encoder",
    );
    const uneven = write('uneven.safetensors', { clip_l: noise('l', [1, 64]), clip_g: noise('g', [2, 128]) });
    await expect(open(folder, { embeddings: [{ path: uneven }] })).rejects.toThrow('clip_l has 1 vectors, clip_g 2');
  });
});

describe('wrong pairings name both sides', () => {
  test('a ControlNet of the other family', async () => {
    await expect(openDiffusionModel(one, { runtime, controls: [control] })).rejects.toThrow(
      /control-xl is for SDXL, the U-Net \(unet\/\) is of Stable Diffusion 1 or 2/,
    );
    const plain = join(one, 'controlnet');
    await expect(openDiffusionModel(folder, { runtime, controls: [plain] })).rejects.toThrow(
      /controlnet is for Stable Diffusion 1 or 2, the U-Net \(unet\/\) is of SDXL/,
    );
  });

  test('an autoencoder of the other family, which fits: by its scale, in a warning', async () => {
    const warnings = async (model: string, vae: string) => (await openModelFolder(model, { vae, controls: [] })).warnings;
    const [ours, theirs] = [join(folder, 'vae'), join(one, 'vae')];
    for (const model of [folder, single]) {
      expect(await warnings(model, ours)).toEqual([]);
      expect(await warnings(model, theirs)).toEqual([
        `the autoencoder ${theirs} is of Stable Diffusion 1 and 2 (its latents are scaled by 0.18215), the U-Net is of SDXL (0.13025): ` +
          "colours may be wrong; give an autoencoder of the model's family, or leave --vae out",
      ]);
    }
    expect(await warnings(one, ours)).toEqual([
      expect.stringMatching(/vae is of SDXL \(.*0\.13025\), the U-Net is of Stable Diffusion 1 or 2/),
    ]);
    expect(await warnings(one, theirs)).toEqual([]);
  });

  test.each(['text_encoder', 'text_encoder_2', 'tokenizer_2'])('a folder without %s', async part => {
    const path = join(root, `without-${part}`);
    cpSync(folder, path, { recursive: true });
    rmSync(join(path, part), { recursive: true });
    await expect(open(path)).rejects.toThrow(`has no ${part}/`);
    await expect(open(path)).rejects.toThrow('an SDXL folder has text_encoder_2/ and tokenizer_2/, too');
  });

  test.each([
    ['conditioner.embedders.1.', 'no second text encoder (SDXL has two)'],
    ['conditioner.embedders.0.', 'no first text encoder (SDXL has two)'],
    ['conditioner.', 'no text encoders (SDXL has two)'],
  ])('a file without %s', async (prefix, reason) => {
    const some = Object.fromEntries(Object.entries(xlState(xl)).filter(([name]) => !name.startsWith(prefix)));
    await expect(open(write('some.safetensors', some))).rejects.toThrow(reason);
  });

  test.each([
    ['StableDiffusion3Pipeline', 'is of the Stable Diffusion 3 family (its model_index.json names "StableDiffusion3Pipeline")'],
    ['WanPipeline', 'is of the Wan video family'],
    ['KolorsPipeline', 'is of another family'],
  ])('a folder of %s, whatever lies in it', async (name, reason) => {
    const path = join(root, name);
    cpSync(folder, path, { recursive: true });
    writeFileSync(join(path, 'model_index.json'), JSON.stringify({ _class_name: name }));
    await expect(open(path)).rejects.toThrow(`${path}: ${reason}`);
    await expect(open(path)).rejects.toThrow('give a model of Stable Diffusion 1, 2 or XL');
    expect((await inspectModel(path)).problems).toEqual([expect.stringContaining(reason)]);
  });

  test('an inpainting network', async () => {
    const path = write('nine.safetensors', { ...xlState(xl), 'model.diffusion_model.input_blocks.0.0.weight': noise('w', [32, 9, 3, 3]) });
    await expect(open(path)).rejects.toThrow(/in_channels is 9.*inpainting.*give the model that it was made from/);
  });

  test('LoRAs of the other family, told by the width of the text that they attend to', async () => {
    const lora = (width: number): string => {
      const name = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k';
      const tensors = { [`${name}.lora_up.weight`]: noise('u', [128, 2]), [`${name}.lora_down.weight`]: noise('d', [2, width]) };
      return write(`width-${width}.safetensors`, tensors);
    };
    for (const [width, family] of [
      [768, 'Stable Diffusion 1'],
      [1024, 'Stable Diffusion 2'],
    ] as const) {
      const loras = [{ path: lora(width), weight: 1 }];
      await expect(open(folder, { loras })).rejects.toThrow(
        new RegExp(`is for ${family} \\(\\S*attn2_to_k reads texts ${width} wide\\), the model .* is of SDXL: leave it out`),
      );
    }
  });

  test('a ControlNet Union', async () => {
    const path = join(root, 'union');
    cpSync(control, path, { recursive: true });
    const values = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...values, _class_name: 'ControlNetUnionModel' }));
    await expect(openDiffusionModel(folder, { runtime, controls: [path] })).rejects.toThrow('ControlNetUnionModel');
  });
});

test('guidance rescale brings the spread back to that of the prompt', () => {
  const [negative, prompt] = [noise('a', [2, 3, 4, 4]), noise('b', [2, 3, 4, 4])];
  const spread = (data: Float32Array) => {
    const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
    return Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length);
  };
  const rescaled = guide(negative.data, prompt.data, prompt.dims, 7, { rescale: 1 }).data;
  for (const from of [0, 48]) {
    expect(spread(rescaled.subarray(from, from + 48))).toBeCloseTo(spread(prompt.data.subarray(from, from + 48)), 5);
  }
  const flat = tensor([1, 1, 2, 2]);
  expect([...guide(flat.data, flat.data, flat.dims, 7, { rescale: 1 }).data]).toEqual([0, 0, 0, 0]);
});
