import { writeFile } from 'node:fs/promises';
import { join, posix, win32 } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../models/onnx/build.ts';
import { conv2d } from '../../models/onnx/conv-layers.ts';
import { linear } from '../../models/onnx/layers.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { flatClipNames } from '../../models/weights/aliases.ts';
import { ldmPlace } from '../../models/weights/lora/ldm-names.ts';
import { mergeLoras } from '../../models/weights/lora/merge.ts';
import { openLora } from '../../models/weights/lora/read.ts';
import { commonFolder, placeFiles, readBytes } from '../../models/weights/places.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { difference, noise, runGraph, weightsOf } from './graphs.ts';

const folder = temporaryFolder();
const LINEAR = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q';
const OUT = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0';
const CONV = 'up_blocks.0.resnets.1.conv1';
const POINT = 'mid_block.attentions.0.proj_in';
const x = noise('x', [2, 6, 5, 5]);

/** A network of four layers with the names of a U-Net: two matrices, a 3x3 and a 1x1 convolution. */
const build = (weights: WeightSource): NetworkGraph =>
  buildNetwork('test', weights, g => {
    const image = g.input('x', [2, 6, 5, 5]);
    const a = conv2d(g, conv2d(g, image, CONV, { out: 8, bias: false }), POINT, { out: 6, kernel: 1, bias: false });
    const rows = linear(g, a.transpose(0, 2, 3, 1), LINEAR, { out: 4, bias: false });
    g.output('out', linear(g, rows, OUT, { out: 3, bias: false }));
  });

const BASE: Readonly<Record<string, Tensor>> = {
  [`${CONV}.weight`]: noise('conv', [8, 6, 3, 3]),
  [`${POINT}.weight`]: noise('point', [6, 8, 1, 1]),
  [`${LINEAR}.weight`]: noise('linear', [4, 6]),
  [`${OUT}.weight`]: noise('out', [3, 4]),
};
const ldm = ldmPlace({ levels: [{ layers: 1 }, { layers: 1 }], upAttention: [false, true] });

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

let files = 0;
type Content = Readonly<Record<string, Tensor>>;

/** A LoRA file; bytes of another type or with metadata come ready made. */
const write = async (content: Content | Buffer): Promise<string> => {
  const path = join(folder, `lora-${files++}.safetensors`);
  await writeFile(path, Buffer.isBuffer(content) ? content : safetensorsBytes(content as Content));
  return path;
};

const merge = async (uses: readonly { path: string; weight: number }[], weights?: WeightSource) =>
  mergeLoras({ unet: { weights: weights ?? (await weightsOf(BASE)), build, ldm } }, await Promise.all(uses.map(openLora)), 'the model');

const outputOf = async (content: Content | Buffer, weight = 1): Promise<Tensor> => {
  const { unet } = await merge([{ path: await write(content), weight }]);
  return (await runGraph(runtime, build(unet), { x })).out as Tensor;
};

/** W + factor up down, as plain loops in double precision. */
const changed = (name: string, up: Tensor, down: Tensor, factor: number): Tensor => {
  const base = BASE[`${name}.weight`] as Tensor;
  const [out = 0, rank = 0] = up.dims;
  const columns = base.data.length / out;
  const data = base.data.map((w, i) => {
    const [o, c] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += up.data[o * rank + r]! * down.data[r * columns + c]!;
    return w + factor * sum;
  });
  return tensor(base.dims, data);
};

const expected = async (weights: Content): Promise<Tensor> =>
  (await runGraph(runtime, build(await weightsOf({ ...BASE, ...weights })), { x })).out as Tensor;

/** Pairs of rank 2 for all four layers. */
const PAIRS: Readonly<Record<string, { up: Tensor; down: Tensor }>> = Object.fromEntries(
  [CONV, POINT, LINEAR, OUT].map(name => {
    const [out = 0, ...rest] = (BASE[`${name}.weight`] as Tensor).dims;
    return [name, { up: noise(`${name} up`, [out, 2, ...rest.slice(1).map(() => 1)]), down: noise(`${name} down`, [2, ...rest]) }];
  }),
);

const spelled = (spell: (name: string) => readonly [string, string]): Content =>
  Object.fromEntries(
    Object.entries(PAIRS).flatMap(
      ([name, { up, down }]) =>
        [
          [spell(name)[0], down],
          [spell(name)[1], up],
        ] as const,
    ),
  );

const kohya = (name: string): string => `lora_unet_${name.replaceAll('.', '_')}`;
/** In LDM's dots; kohya writes underscores for them, ComfyUI keeps them. */
const LDM_DOTS: Readonly<Record<string, string>> = {
  [CONV]: 'output_blocks.1.0.in_layers.2',
  [POINT]: 'middle_block.1.proj_in',
  [LINEAR]: 'input_blocks.1.1.transformer_blocks.0.attn1.to_q',
  [OUT]: 'input_blocks.1.1.transformer_blocks.0.attn1.to_out.0',
};
const ldmKohya = (name: string): string => `lora_unet_${LDM_DOTS[name]!.replaceAll('.', '_')}`;
const general = (name: string): string => `diffusion_model.${LDM_DOTS[name]}`;
const alphas = (spell: (name: string) => string, value: number): Content =>
  Object.fromEntries(Object.keys(PAIRS).map(name => [spell(name), tensor([], Float32Array.of(value))]));

describe('a LoRA', () => {
  const whole = (factor: number) =>
    Object.fromEntries(Object.entries(PAIRS).map(([name, { up, down }]) => [`${name}.weight`, changed(name, up, down, factor)]));

  test.each<[string, Content, number]>([
    ['kohya', spelled(name => [`${kohya(name)}.lora_down.weight`, `${kohya(name)}.lora_up.weight`]), 1],
    [
      'kohya with alpha',
      {
        ...spelled(name => [`${kohya(name)}.lora_down.weight`, `${kohya(name)}.lora_up.weight`]),
        ...alphas(name => `${kohya(name)}.alpha`, 1),
      },
      0.5,
    ],
    ['kohya over LDM names', spelled(name => [`${ldmKohya(name)}.lora_down.weight`, `${ldmKohya(name)}.lora_up.weight`]), 1],
    ['PEFT', spelled(name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]), 1],
    ['PEFT with the name of its adapter', spelled(name => [`unet.${name}.lora_A.default.weight`, `unet.${name}.lora_B.default.weight`]), 1],
    ['PEFT with an adapter of another name', spelled(name => [`unet.${name}.lora_A.ink_2.weight`, `unet.${name}.lora_B.ink_2.weight`]), 1],
    ['PEFT names alone', spelled(name => [`${name}.lora_A.ink.weight`, `${name}.lora_B.ink.weight`]), 1],
    ["ComfyUI's general names", spelled(name => [`${general(name)}.lora_down.weight`, `${general(name)}.lora_up.weight`]), 1],
    [
      "ComfyUI's general names with alpha",
      {
        ...spelled(name => [`${general(name)}.lora_down.weight`, `${general(name)}.lora_up.weight`]),
        ...alphas(name => `${general(name)}.alpha`, 3),
      },
      1.5,
    ],
    ["PEFT's ends behind general names", spelled(name => [`${general(name)}.lora_A.weight`, `${general(name)}.lora_B.weight`]), 1],
    [
      "diffusers' names behind the general prefix",
      spelled(name => [`diffusion_model.${name}.lora_A.default.weight`, `diffusion_model.${name}.lora_B.default.weight`]),
      1,
    ],
    [
      'diffusers with alpha beside',
      { ...spelled(name => [`unet.${name}.lora.down.weight`, `unet.${name}.lora.up.weight`]), ...alphas(name => `unet.${name}.alpha`, 4) },
      2,
    ],
    ['without the network in front', spelled(name => [`${name}.lora.down.weight`, `${name}.lora.up.weight`]), 1],
  ])('%s: adds up down times alpha / rank', async (_, content, factor) => {
    const [found, due] = [await outputOf(content, 0.7), await expected(whole(0.7 * factor))];
    expect(difference(found, due)).toBeLessThan(2e-5 * Math.max(...due.data.map(Math.abs)));
  });

  test('1x1 convolutions may be matrices, and matrices 1x1 convolutions', async () => {
    const of = (name: string, up: readonly number[], down: readonly number[]): Content => ({
      [`${kohya(name)}.lora_up.weight`]: { ...PAIRS[name]!.up, dims: up },
      [`${kohya(name)}.lora_down.weight`]: { ...PAIRS[name]!.down, dims: down },
    });
    const due = await expected(
      Object.fromEntries(Object.entries(whole(1)).filter(([name]) => !name.startsWith(CONV) && !name.startsWith(OUT))),
    );
    const found = await outputOf({ ...of(POINT, [6, 2], [2, 8]), ...of(LINEAR, [4, 2, 1, 1], [2, 6, 1, 1]) });
    expect(difference(found, due)).toBeLessThan(1e-4 * Math.max(...due.data.map(Math.abs)));
  });

  test('of rank 1 may leave out a dim', async () => {
    const content = { [`unet.${LINEAR}.lora_B.weight`]: noise('u', [4]), [`unet.${LINEAR}.lora_A.weight`]: noise('d', [1, 6]) };
    const due = { [`${LINEAR}.weight`]: changed(LINEAR, { ...noise('u', [4]), dims: [4, 1] }, noise('d', [1, 6]), 1) };
    expect(difference(await outputOf(content), await expected(due))).toBeLessThan(1e-4);
  });

  test('changes a convolution over time, which the graph reads under other dims', async () => {
    const [weight, up, down] = [noise('w', [4, 3, 3, 1, 1]), noise('u', [4, 2, 1, 1, 1]), noise('d', [2, 3, 3, 1, 1])];
    const read = (source: WeightSource): NetworkGraph =>
      buildNetwork('time', source, g =>
        g.output('out', g.input('x', [1]).mul(g.scope('conv', () => g.param('weight', weight.dims, '', [4, 3, 3, 1])))),
      );
    const path = await write({ 'unet.conv.lora_B.weight': up, 'unet.conv.lora_A.weight': down });
    const loras = [await openLora({ path, weight: 0.5 })];
    const merged = mergeLoras({ unet: { weights: await weightsOf({ 'conv.weight': weight }), build: read } }, loras, 'the model');
    const { out } = await runGraph(runtime, read(merged.unet), { x: tensor([1], Float32Array.of(1)) });
    const due = weight.data.map((w, i) => {
      const [o, c] = [Math.floor(i / 9), i % 9];
      return w + 0.5 * (up.data[2 * o]! * down.data[c]! + up.data[2 * o + 1]! * down.data[9 + c]!);
    });
    expect(difference(out!, tensor([4, 3, 3, 1], due))).toBeLessThan(1e-5);
  });

  test('weight 0 leaves the graph as it is, to the byte', async () => {
    const path = await write(spelled(name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]));
    const plain = await weightsOf(BASE);
    const { unet, texts } = await merge([{ path, weight: 0 }], plain);
    expect(texts).toEqual([]);
    expect(build(unet).bytes).toEqual(build(plain).bytes);
  });

  test('several add up, and the base file is not written', async () => {
    const path = await write(spelled(name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]));
    const { unet, texts } = await merge([
      { path, weight: 0.5 },
      { path, weight: -0.2 },
    ]);
    const found = (await runGraph(runtime, build(unet), { x })).out as Tensor;
    const due = await expected(whole(0.3));
    expect(difference(found, due)).toBeLessThan(1e-4 * Math.max(...due.data.map(Math.abs)));
    expect(texts).toContain(JSON.stringify(['lora', 'unet', LINEAR, [0.5, -0.2]]));
  });

  test('that fits in part is used with a warning, where most of it fits', async () => {
    const stranger = { 'lora_unet_motion_0.lora_down.weight': noise('a', [2, 4]), 'lora_unet_motion_0.lora_up.weight': noise('b', [4, 2]) };
    const most = { ...spelled(name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]), ...stranger };
    const { warnings } = await merge([{ path: await write(most), weight: 1 }]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/1 of its 5 modules are not in the model, e\.g\. lora_unet_motion_0; they are left out$/);
    await expect(merge([{ path: await write(stranger), weight: 1 }])).rejects.toThrow(/was made for another model: 1 of its 1 modules/);
  });
});

/** A file of the given tensors with metadata. */
const withMetadata = (content: Content, metadata: Readonly<Record<string, string>>): Buffer => {
  const plain = safetensorsBytes(content);
  const length = Number(plain.readBigUInt64LE());
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...JSON.parse(plain.subarray(8, 8 + length).toString()) }));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([head, header, plain.subarray(8 + length)]);
};

describe('alphas in the metadata', () => {
  const peft = spelled(name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]);
  const factors = async (metadata: object): Promise<Record<string, number>> => {
    const path = await write(withMetadata(peft, { lora_adapter_metadata: JSON.stringify(metadata) }));
    const { texts } = await merge([{ path, weight: 1 }]);
    return Object.fromEntries(texts.map(text => JSON.parse(text)).map(([, , module, [factor]]) => [module, factor]));
  };

  test.each<[string, object, Record<string, number>]>([
    ['lora_alpha', { 'unet.lora_alpha': 6 }, { [CONV]: 3, [LINEAR]: 3 }],
    ['another network has its own', { 'text_encoder.lora_alpha': 6 }, { [CONV]: 1 }],
    ['a dotted end', { 'unet.lora_alpha': 2, 'unet.alpha_pattern': { 'attn1.to_q': 8 } }, { [LINEAR]: 4, [OUT]: 1 }],
    ['not the end of a word', { 'unet.lora_alpha': 2, 'unet.alpha_pattern': { o_q: 8 } }, { [LINEAR]: 1 }],
    ['the first that fits', { 'unet.alpha_pattern': { 'to_out.0': 8, 'attn1.to_out.0': 2 } }, { [OUT]: 4 }],
    ['a pattern', { 'unet.alpha_pattern': { 'attn\\d\\.to_[qk]': 8 } }, { [LINEAR]: 4, [OUT]: 1 }],
    ['rank-stabilised', { 'unet.lora_alpha': 2, 'unet.use_rslora': true }, { [CONV]: Math.SQRT2 }],
  ])('%s', async (_, metadata, due) => {
    const found = await factors(metadata);
    for (const [module, factor] of Object.entries(due)) expect(found[module]).toBeCloseTo(factor, 12);
  });

  test.each<[string, string, string]>([
    ['DoRA', '{"unet.use_dora": true}', 'unet.use_dora'],
    ['no JSON', '{', 'lora_adapter_metadata is not JSON'],
    ['no object', '[]', 'lora_adapter_metadata is not an object'],
    ['no number', '{"unet.lora_alpha": "8"}', 'unet.lora_alpha is no number'],
    ['JSON of many levels', `${'['.repeat(1e5)}`, 'nests JSON deeper than 64 levels'],
    ['a broken pattern', '{"unet.alpha_pattern": {"(": 8}}', '( is not a module'],
    ['a pattern that looks around', '{"unet.alpha_pattern": {"(?=x)": 8}}', '(?=x) is not a module'],
    ['a pattern with a reference back', '{"unet.alpha_pattern": {"(a)\\\\1": 8}}', '(a)\\1 is not a module'],
    ['a long pattern', `{"unet.alpha_pattern": {"${'a*'.repeat(101)}": 8}}`, 'a pattern of 202 characters'],
    [
      'many patterns',
      JSON.stringify({ 'unet.alpha_pattern': Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a*${i}`, 1])) }),
      'more than 100',
    ],
  ])('%s is refused', async (_, text, message) => {
    const path = await write(withMetadata(peft, { lora_adapter_metadata: text }));
    await expect(merge([{ path, weight: 1 }])).rejects.toThrow(message);
  });
});

describe('what is no LoRA for this model is refused by name', () => {
  const key = kohya(LINEAR);
  const down = { [`${key}.lora_down.weight`]: noise('down', [2, 6]) };
  const up = { [`${key}.lora_up.weight`]: noise('up', [4, 2]) };
  const one = (name: string, dims: readonly number[] = [2, 2]): Content => ({ [name]: noise(name, dims) });
  test.each<[string, Content, string]>([
    ['DoRA', { ...down, ...up, ...one(`${key}.dora_scale`) }, `${key}.dora_scale belongs to DoRA`],
    ['DoRA of PEFT', one(`unet.${LINEAR}.lora_magnitude_vector.weight`), 'lora_magnitude_vector.weight belongs to DoRA'],
    ['LoHa', one(`${key}.hada_w1_a`), 'hada_w1_a belongs to LoHa'],
    ['LoKr', one(`${key}.lokr_w1`), 'lokr_w1 belongs to LoKr'],
    ['Tucker', { ...down, ...up, ...one(`${key}.lora_mid.weight`) }, 'lora_mid.weight belongs to LoCon in Tucker form'],
    ['IA3', one(`${key}.on_input`), 'on_input belongs to IA3'],
    ['OFT', one(`${key}.oft_blocks`), 'oft_blocks belongs to OFT'],
    ['full differences', one(`${key}.diff`), 'diff belongs to full differences'],
    ["PEFT's own folder", one(`base_model.model.${LINEAR}.lora_A.weight`), "belongs to PEFT's own folders"],
    ['biases', one(`unet.${LINEAR}.lora_B.bias`), 'lora_B.bias belongs to LoRA with biases'],
    ['biases of a named adapter', one(`unet.${LINEAR}.lora_B.ink.bias`), 'lora_B.ink.bias belongs to LoRA with biases'],
    [
      'two adapters',
      Object.fromEntries(['ink', 'oil'].map(name => [`unet.${LINEAR}.lora_A.${name}.weight`, noise(name, [2, 6])])),
      `unet.${LINEAR}.lora_A.oil.weight is the second down of unet.${LINEAR}: the file holds several LoRAs`,
    ],
    ['full differences of ComfyUI', one(`diffusion_model.${LINEAR}.diff`), 'diff belongs to full differences'],
    ['bundled embeddings', one('bundle_emb.ink.string_to_param.*'), 'embeddings bundled'],
    ['a checkpoint', one(`${LINEAR}.weight`), `${LINEAR}.weight is no key of a LoRA`],
    ['a checkpoint in one file', one('model.diffusion_model.out.2.weight'), 'belongs to a whole model, for --model'],
    ['no up matrix', down, `${key} has a down matrix without its up matrix`],
    ['no down matrix', up, `${key} has an up matrix without its down matrix`],
    ['an alpha alone', one(`${key}.alpha`, []), `${key} has an up matrix without`],
    [
      'other ranks',
      { ...down, ...one(`${key}.lora_up.weight`, [4, 3]) },
      `${key} has an up matrix [4, 3] and a down matrix [2, 6]: their ranks differ`,
    ],
    [
      'a wider network',
      { ...one(`${key}.lora_down.weight`, [2, 12]), ...one(`${key}.lora_up.weight`, [12, 2]) },
      `${key} makes a change of [12, 12], but the model's weight is [4, 6]`,
    ],
    ['a 3x3 kernel on a matrix', { ...one(`${key}.lora_down.weight`, [2, 6, 3, 3]), ...up }, `${key} makes a change of [4, 6, 3, 3]`],
    ['alphas for each row', { ...down, ...up, ...one(`${key}.alpha`, [4]) }, `${key}.alpha is [4], expects one number`],
    ['an alpha that is no number', { ...down, ...up, [`${key}.alpha`]: tensor([], Float32Array.of(Number.NaN)) }, `${key}.alpha is NaN`],
    [
      'another family',
      { 'lora_unet_double_blocks_0.lora_down.weight': noise('d', [2, 8]), 'lora_unet_double_blocks_0.lora_up.weight': noise('u', [8, 2]) },
      'lora_unet_double_blocks_0',
    ],
    [
      'a module in two spellings',
      { ...down, ...up, ...one(`unet.${LINEAR}.lora_A.weight`, [2, 6]) },
      `unet.${LINEAR} and ${key} both have the down of one module`,
    ],
    ['nothing', {}, 'has no tensors'],
  ])('%s', async (_, content, message) => {
    await expect(merge([{ path: await write(content), weight: 1 }])).rejects.toThrow(message);
    await expect(merge([{ path: await write(content), weight: 0 }])).rejects.toThrow(message); // off, but wrong all the same
  });

  test('the model that the file names as its own is told', async () => {
    const path = await write(withMetadata({ 'lora_te3_x.lora_down.weight': noise('d', [2, 8]) }, { ss_base_model_version: 'sd3_m' }));
    await expect(merge([{ path, weight: 1 }])).rejects.toThrow('it says it was trained on sd3_m');
  });

  test.each<[string, string]>([
    ['lora_unet_double_blocks_0_img_attn_qkv', 'Flux'],
    ['transformer.single_transformer_blocks.0.attn.to_q', 'Flux'],
    ['lora_unet_joint_blocks_0_context_block_attn_qkv', 'Stable Diffusion 3'],
    ['lora_te3_encoder_block_0_layer_0_SelfAttention_q', 'Stable Diffusion 3'],
    ['diffusion_model.blocks.0.self_attn.q', 'Wan video'],
  ])('%s is named by its family, %s, and by its file', async (module, family) => {
    const path = await write({ [`${module}.lora_A.weight`]: noise('d', [2, 8]), [`${module}.lora_B.weight`]: noise('u', [8, 2]) });
    const refused = merge([{ path, weight: 1 }]);
    await expect(refused).rejects.toThrow(`the LoRA ${path} was made for another model: it is of the ${family} family (${module}`);
  });

  test('a file or folder that is not there', async () => {
    await expect(openLora({ path: join(folder, 'absent'), weight: 1 })).rejects.toMatchObject({
      kind: 'missing',
      message: /there is no LoRA/,
    });
    await expect(openLora({ path: folder, weight: 1 })).rejects.toThrow(/neither pytorch_lora_weights\.safetensors nor/);
  });
});

test.each<[string, string | undefined]>([
  ['conv_in', 'input_blocks.0.0'],
  ['down_blocks.0.resnets.1.conv2', 'input_blocks.2.0.out_layers.3'],
  ['down_blocks.0.downsamplers.0.conv', 'input_blocks.3.0.op'],
  ['down_blocks.2.attentions.1.proj_out', 'input_blocks.8.1.proj_out'],
  ['mid_block.resnets.1.time_emb_proj', 'middle_block.2.emb_layers.1'],
  ['up_blocks.0.upsamplers.0.conv', 'output_blocks.2.1.conv'],
  ['up_blocks.1.upsamplers.0.conv', 'output_blocks.5.2.conv'],
  ['up_blocks.3.attentions.2.proj_in', 'output_blocks.11.1.proj_in'],
  ['up_blocks.3.resnets.0.conv_shortcut', 'output_blocks.9.0.skip_connection'],
  ['encoder.layers.0.mlp.fc1', undefined],
])('%s of Stable Diffusion 1 is %s in LDM', (module, name) => {
  const place = ldmPlace({ levels: Array(4).fill({ layers: 2 }), upAttention: [false, true, true, true] });
  expect(place(module)).toBe(name);
});

test.each<[string, readonly string[], typeof posix, string | undefined]>([
  ['one file', ['/m/unet/a.safetensors'], posix, '/m/unet'],
  ['two folders', ['/m/unet/a', '/m/loras/b', '/m/unet/c'], posix, '/m'],
  ['nothing in common', ['/m/a', '/n/b'], posix, '/'],
  ['names that begin with dots', ['/m/a', '/m/..b/c'], posix, '/m'],
  ['a drive', ['C:\\m\\a', 'C:\\n\\b'], win32, 'C:\\'],
  ['two drives', ['C:\\m\\a', 'D:\\n\\b'], win32, undefined],
  ['none', [], posix, ''],
])('the folder of %s', (_, paths, platform, due) => {
  expect(commonFolder(paths, platform)).toBe(due);
});

test('what lies on another drive than most bytes goes into the graph itself', async () => {
  const base = { file: 'C:\\m\\unet.safetensors', length: 1000 };
  const lora = { file: 'D:\\loras\\ink.safetensors', length: 10 };
  expect(placeFiles([lora, base], win32)).toEqual({ folder: 'C:\\m', inside: new Set([lora.file]) });
  expect(placeFiles([base, { ...lora, file: 'c:\\ink' }], win32)).toEqual({ folder: 'C:\\', inside: new Set() });
  expect(() => placeFiles([base, { ...lora, length: 2e9 }, { ...base, length: 4e9 }], win32)).toThrow(
    'weights on several drives (c:\\, d:\\)',
  );
  const weights = await weightsOf({ a: tensor([2], Float32Array.of(1, 2)), b: tensor([2], Float32Array.of(3, 4)) });
  expect(readBytes(weights.find('b', [2])!)).toEqual(new Uint8Array(Float32Array.of(3, 4).buffer));
});

test.each(['text_model.', ''])('text encoders with names that begin with "%s" take files of both kinds', async prefix => {
  const layer = 'encoder.layers.0.self_attn.q_proj';
  const textBuild = (source: WeightSource): NetworkGraph =>
    buildNetwork('text', flatClipNames(source), g => {
      const states = g.input('x', [1, 2, 4]);
      g.output('out', linear(g, states, `text_model.${layer}`, { out: 4, bias: false }));
    });
  const names: [string, string, string][] = [
    [`lora_te_text_model_${layer.replaceAll('.', '_')}`, 'lora_down', 'lora_up'],
    [`text_encoder.text_model.${layer}`, 'lora_A', 'lora_B'],
    [`text_encoder.${layer}`, 'lora_A.default', 'lora_B.default'],
    [`text_encoder.${layer}`, 'lora_A', 'lora_B'],
    [`text_encoders.clip_l.transformer.text_model.${layer}`, 'lora_down', 'lora_up'],
    [`text_encoders.clip_h.transformer.text_model.${layer}`, 'lora_A', 'lora_B'],
  ];
  for (const [name, down, up] of names) {
    const path = await write({ [`${name}.${down}.weight`]: noise('d', [1, 4]), [`${name}.${up}.weight`]: noise('u', [4, 1]) });
    const weights = await weightsOf({ [`${prefix}${layer}.weight`]: noise('w', [4, 4]) });
    const merged = mergeLoras({ text_encoder: { weights, build: textBuild } }, [await openLora({ path, weight: 1 })], 'the model');
    expect(textBuild(merged.text_encoder).weights).toHaveLength(3);
  }
});
