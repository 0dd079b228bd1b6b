import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { embeddedModel, packageRoot } from '../../config/paths.ts';
import { autoencoderTinyConfig } from '../../models/networks/autoencoder-tiny.ts';
import { openNetworkFolder } from '../../models/networks/folder.ts';
import { openCheckpoint } from '../../models/open/checkpoint.ts';
import { checkFit } from '../../models/open/model-fit.ts';
import { type ModelFolder, type ModelFolderOptions, openModelFolder } from '../../models/open/model-folder.ts';
import { elements } from '../../models/tensor.ts';
import { readNumbers } from '../../models/weights/numbers.ts';
import type { TensorInfo } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { asSaved } from '../support/state.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { emaState, ldmControl, ldmState, ldmVae, type Tensors, type TinySd, tinySd, writeFolder } from '../support/tiny-sd.ts';
import { noise } from './graphs.ts';
import { torchZip } from './torch-files.ts';

const folder = temporaryFolder();
const one = tinySd(1);
const two = tinySd(2);

const file = (name: string, tensors: Tensors): string => {
  const path = join(folder, name);
  writeFileSync(
    path,
    name.endsWith('.safetensors') ? safetensorsBytes(tensors) : torchZip({ state_dict: asSaved(tensors), global_step: 3 }),
  );
  return path;
};

/** What the graphs of a model read, by name: the weights' numbers summed with their places, so that a swap shows. */
const fingerprints = async (weights: readonly TensorInfo[]): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(
      weights
        .filter(({ dims }) => elements(dims) < 1e5)
        .map(async info => [info.name, (await readNumbers(info)).reduce((sum, v, i) => sum + v * ((i % 31) + 1), 0)] as const),
    ),
  );

const fingerprint = ({ unet, texts, autoencoder }: ModelFolder): Promise<Record<string, number>> =>
  fingerprints([unet.graph, ...texts.map(({ graph }) => graph), autoencoder.encoder, autoencoder.decoder].flatMap(graph => graph.weights));

const opened = async (path: string, options: ModelFolderOptions = { controls: [] }): Promise<Record<string, number>> =>
  fingerprint(await openModelFolder(path, options));

const forms: [name: string, sd: TinySd, path: () => string][] = [
  ['Stable Diffusion 1, safetensors', one, () => file('one.safetensors', ldmState(one))],
  ['Stable Diffusion 1, pickle', one, () => file('one.ckpt', ldmState(one))],
  ['Stable Diffusion 1, averages only', one, () => file('ema.ckpt', emaState(one))],
  ['Stable Diffusion 2 with OpenCLIP, safetensors', two, () => file('two.safetensors', ldmState(two))],
  ['Stable Diffusion 2 with OpenCLIP, pickle', two, () => file('two.ckpt', ldmState(two))],
];

const folders = [one, two].map(sd => writeFolder(join(folder, `folder-${sd.family}`), sd));

test.each(forms)('%s: configs told from dims and every weight are those of the diffusers folder', async (name, sd, path) => {
  const whole = await openModelFolder(folders[sd.family - 1]!, { controls: [] });
  const single = await openModelFolder(path());
  checkFit(single);
  expect(single.unet.config).toEqual(whole.unet.config);
  expect(single.autoencoder.latentChannels).toBe(4);
  expect(single.texts[0]!.tokenizer.encode('A fox, 12').ids).toEqual(whole.texts[0]!.tokenizer.encode('A fox, 12').ids);
  expect(await fingerprint(single)).toEqual(await fingerprint(whole));
  expect(single.predictionUnknown).toBe(sd.family === 2);
  expect(single.warnings.some(text => text.includes('EMA'))).toBe(name.includes('averages'));
  const texts = [single, whole].map(model => printable(model.texts[0]!.graph.bytes));
  expect(texts[0]).toEqual(texts[1]); // the same operators: activation and heads too
});

/** The graph's operators and names in order, without places of weights. */
const printable = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes)
    .toString('latin1')
    .match(/[A-Za-z_]\w*(?:\/\w+)+/g) ?? [];

describe('parts given by themselves', () => {
  test.each(['vae.safetensors', 'vae.ckpt'])('an autoencoder with its first names, %s', async name => {
    const path = file(name, ldmVae(one));
    const whole = folders[0]!;
    expect(await opened(whole, { vae: path, controls: [] })).toEqual(await opened(whole));
  });

  test('an autoencoder as a folder, as a model, and one of another kind in place of a missing one', async () => {
    const whole = folders[0]!;
    const { 'first_stage_model.quant_conv.weight': _, ...rest } = ldmState(one);
    const bare = file(
      'bare.safetensors',
      Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('first_stage_model.'))),
    );
    await expect(openModelFolder(bare)).rejects.toThrow(/bare\.safetensors has no autoencoder \(give one with --vae\)/);
    for (const vae of [whole, join(whole, 'vae')]) expect(await opened(bare, { vae })).toEqual(await opened(whole));
  });

  test('the embedded autoencoder in one file has the config of its folder; one of other latents is refused by both names', async () => {
    const own = join(embeddedModel, 'vae');
    const [single, whole] = await Promise.all(
      [join(own, 'diffusion_pytorch_model.safetensors'), own].map(vae => openModelFolder(embeddedModel, { vae, controls: [] })),
    );
    expect(printable(single!.autoencoder.decoder.bytes)).toEqual(printable(whole!.autoencoder.decoder.bytes));
    expect(await fingerprint(single!)).toEqual(await fingerprint(whole!));
    const wrong = openModelFolder(embeddedModel, { vae: folders[0]!, controls: [] }).then(checkFit);
    await expect(wrong).rejects.toThrow(/autoencoder \(.*folder-1.vae\) has 4 latent channels, the U-Net \(unet\/\) takes 32/);
  });

  test('a tiny autoencoder in one file is told by its numbered layers', async () => {
    const vae = join(packageRoot, 'test', 'oracles', 'models', 'taesd-tiny', 'vae');
    const single = (await openCheckpoint(join(vae, 'diffusion_pytorch_model.safetensors'))).parts.vae!;
    const whole = await openNetworkFolder(vae);
    expect(autoencoderTinyConfig(single.config)).toEqual(autoencoderTinyConfig(whole.config));
  });

  test.each(['control.safetensors', 'control.pth'])('a ControlNet with its first names, %s', async name => {
    const whole = folders[0]!;
    const given = await openModelFolder(whole, { controls: [file(name, ldmControl(one)), join(whole, 'controlnet')] });
    checkFit(given);
    const [single, own] = given.controls;
    expect(single!.config).toEqual(own!.config);
    expect(await fingerprints(single!.graph.weights)).toEqual(await fingerprints(own!.graph.weights));
    expect(await fingerprints(single!.hint.weights)).toEqual(await fingerprints(own!.hint.weights));
  });
});

const broken: [name: string, tensors: Tensors, message: RegExp][] = [
  ['Stable Diffusion 3', { 'model.diffusion_model.joint_blocks.0.x': noise('x', [2]) }, /Stable Diffusion 3/],
  [
    'Flux',
    { 'model.diffusion_model.double_blocks.0.x': noise('x', [2]) },
    /of the Flux family \(.*give a model of Stable Diffusion 1, 2 or XL/,
  ],
  ['Wan', { 'model.diffusion_model.blocks.0.self_attn.q.weight': noise('x', [2]) }, /of the Wan video family/],
  ['Playground', { ...ldmState(one), edm_mean: noise('x', [1, 4, 1, 1]) }, /Playground 2\.5, whose noise/],
  ['a motion module', { 'down_blocks.0.motion_modules.0.x': noise('x', [2]) }, /a motion module of AnimateDiff, which is added/],
  ["a LoRA of Flux's", { 'diffusion_model.double_blocks.0.lora_A.weight': noise('x', [2, 2]) }, /a LoRA \(.*\): give it with --lora/],
  ['a LoRA', { 'lora_unet_mid.lora_down.weight': noise('x', [2]) }, /a LoRA \(lora_unet_mid.*\): give it with --lora/],
  ['something else', { 'layer1.weight': noise('x', [2]) }, /has no U-Net and no text encoder/],
  [
    'inpainting',
    { ...ldmState(one), 'model.diffusion_model.input_blocks.0.0.weight': noise('x', [32, 9, 3, 3]) },
    /in_channels is 9, but out_channels is 4: networks for inpainting/,
  ],
  [
    'a missing weight',
    Object.fromEntries(Object.entries(ldmState(one)).filter(([name]) => !name.endsWith('middle_block.1.proj_out.bias'))),
    /mid_block\.attentions\.0\.proj_out\.bias: is missing/,
  ],
  [
    'a text encoder of another width',
    { ...ldmState(one), ...map768(one) },
    /the text encoder \(.*, text_encoder\) is 128 wide, the U-Net \(.*, unet\) attends to 64/,
  ],
];

/** The text encoder of the tiny model at twice its width. */
function map768(sd: TinySd): Tensors {
  return Object.fromEntries(
    Object.entries(sd.text).map(([name, { dims }]) => [
      `cond_stage_model.transformer.${name}`,
      noise(name, name.includes('token_embedding') ? [49_408, 128] : dims.map(d => (d === 64 ? 128 : d))),
    ]),
  );
}

test.each(broken)('%s is refused by name', async (name, tensors, message) => {
  const path = file(`${name.replaceAll(' ', '-')}.safetensors`, tensors);
  const open = openModelFolder(path).then(checkFit);
  await expect(open).rejects.toThrow(message);
});

test('a file with nothing that is known has no parts', async () => {
  const { parts } = await openCheckpoint(file('other.safetensors', { 'layer1.weight': noise('x', [2]) }));
  expect(parts).toEqual({});
});

test('a file whose shapes are not of the family is refused with what says its shapes', async () => {
  const name = 'model.diffusion_model.input_blocks.1.0.in_layers.2.weight';
  const { dims, data } = ldmState(one)[name]!;
  const wide = { dims: [dims[0]! + 1, ...dims.slice(1)], data: new Float32Array(data.length + data.length / dims[0]!) };
  const path = file('wide.safetensors', { ...ldmState(one), [name]: wide });
  await expect(openModelFolder(path, { controls: [] })).rejects.toThrow(
    /wide\.safetensors.*give a diffusers folder .* by --model-config$/s,
  );
  await expect(openModelFolder(path, { controls: [], configs: folders[0]! })).rejects.toThrow(/^(?!.*--model-config)/s);
});
