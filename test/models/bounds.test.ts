// Numbers of a model's files are bounded before anything is built or allocated by them, and names of JavaScript mean nothing.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { autoencoderDCConfig } from '../../models/networks/autoencoder-dc.ts';
import { autoencoderKLConfig } from '../../models/networks/autoencoder-kl.ts';
import { autoencoderTinyConfig } from '../../models/networks/autoencoder-tiny.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { ModelConfigError, readConfig } from '../../models/networks/config.ts';
import { BOUNDS } from '../../models/networks/limits.ts';
import { controlNetConfig, unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { unet3dConfig } from '../../models/networks/unet3d-config.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
import { ScheduleError } from '../../models/samplers/config.ts';
import { readSamplers } from '../../models/samplers/samplers.ts';
import { loadTokenizer } from '../../models/text/tokenizer.ts';
import { TokenizerError } from '../../models/text/tokenizer-files.ts';
import { openFolderWeights } from '../../models/weights/folder-weights.ts';
import { statedPrediction } from '../../models/weights/stated-prediction.ts';
import { WeightError } from '../../models/weights/weight-source.ts';
import { writePictureModel } from '../fuzz/fixtures.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const raw = (values: Record<string, unknown>) => ({ file: 'unet/config.json', values });

const READERS = {
  unet: unetConfig,
  controlnet: controlNetConfig,
  clips: unet3dConfig,
  kl: autoencoderKLConfig,
  tiny: autoencoderTinyConfig,
  dc: autoencoderDCConfig,
  text: clipTextConfig,
} as const;

const HUGE = [1e9, 1e300, 2 ** 53, 0.5, -1, Number.POSITIVE_INFINITY];

test.each<[keyof typeof READERS, string, string]>([
  ['text', 'num_hidden_layers', 'a whole number from 1 to 128'],
  ['text', 'vocab_size', 'a whole number from 1 to 10000000'],
  ['text', 'max_position_embeddings', 'a whole number from 1 to 65536'],
  ['text', 'num_attention_heads', 'a whole number from 1 to 1024'],
  ['text', 'hidden_size', 'a whole number from 1 to 65536'],
  ['text', 'intermediate_size', 'a whole number from 1 to 65536'],
  ['unet', 'layers_per_block', 'a whole number from 1 to 128, or a list of 4'],
  ['unet', 'transformer_layers_per_block', 'a whole number from 0 to 128, or a list of 4'],
  ['unet', 'attention_head_dim', 'a whole number from 1 to 1024, or a list of 4'],
  ['unet', 'in_channels', 'a whole number from 1 to 65536'],
  ['controlnet', 'conditioning_channels', 'a whole number from 1 to 65536'],
  ['clips', 'layers_per_block', 'a whole number from 1 to 128'],
  ['kl', 'layers_per_block', 'a whole number from 1 to 128'],
  ['kl', 'latent_channels', 'a whole number from 1 to 65536'],
  ['tiny', 'latent_channels', 'a whole number from 1 to 65536'],
  ['dc', 'latent_channels', 'a whole number from 1 to 65536'],
])('%s: %s is bounded', (reader, key, due) => {
  for (const value of HUGE) {
    const open = (): unknown => READERS[reader](raw({ [key]: value }));
    expect(open).toThrow(ModelConfigError);
    expect(open).toThrow(`unet/config.json: ${key} is ${value}, expects ${due}`);
  }
});

test.each<[keyof typeof READERS, string, unknown]>([
  ['unet', 'block_out_channels', Array(1000).fill(32)],
  ['unet', 'down_block_types', Array(1000).fill('DownBlock2D')],
  ['kl', 'block_out_channels', Array(17).fill(32)],
  ['tiny', 'num_encoder_blocks', [1, 1e9, 1, 1]],
  ['dc', 'encoder_layers_per_block', [1e9, 1, 1, 1, 1, 1]],
  ['unet', 'norm_eps', Number.POSITIVE_INFINITY],
])('%s: %s of other lengths and numbers is refused', (reader, key, value) => {
  expect(() => READERS[reader](raw({ [key]: value }))).toThrow(new RegExp(`${key} (is|has) `));
});

test('the largest config that the bounds let through asks for weights and ends at some thousand that are not there', () => {
  const none = { label: 'none', find: () => undefined, names: () => [] };
  const most = { layers_per_block: BOUNDS.layers[1], transformer_layers_per_block: BOUNDS.layers[1] };
  expect(() => unet2d(unetConfig(raw(most)), none)).toThrow(/at least 5000 weights do not fit/);
  expect(() => clipText(clipTextConfig(raw({ num_hidden_layers: 128 })), none)).toThrow(WeightError);
});

describe('a whole model', () => {
  const model = join(folder, 'model');
  writePictureModel(model);
  const withFile = async (name: string, text: string | Uint8Array): Promise<unknown> => {
    const copy = join(folder, `copy-${Math.random()}`);
    cpSync(model, copy, { recursive: true });
    writeFileSync(join(copy, name), text);
    return openModelFolder(copy).catch(error => error);
  };
  const changed = (name: string, values: object): string =>
    JSON.stringify({ ...JSON.parse(readFileSync(join(model, name), 'utf8')), ...values });

  test('opens as it stands, also with byte order marks', async () => {
    for (const name of [
      'unet/config.json',
      'scheduler/scheduler_config.json',
      'tokenizer/vocab.json',
      'text_encoder/model.safetensors.index.json',
    ]) {
      expect(await withFile(name, `\uFEFF${changed(name, {})}`)).not.toBeInstanceOf(Error);
    }
    const merges = readFileSync(join(model, 'tokenizer', 'merges.txt'), 'utf8');
    expect(await withFile('tokenizer/merges.txt', `\uFEFF${merges}`)).not.toBeInstanceOf(Error);
  });

  test.each([
    'unet/config.json',
    'vae/config.json',
    'scheduler/scheduler_config.json',
    'tokenizer/vocab.json',
    'tokenizer/tokenizer_config.json',
    'text_encoder/model.safetensors.index.json',
  ])('%s in UTF-16, of many levels or without an end is refused by its name', async name => {
    const deep = `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`;
    for (const [bytes, message] of [
      [Buffer.from(`\uFEFF${changed(name, {})}`, 'utf16le'), /UTF-16/],
      [deep, /nests JSON deeper than 64 levels/],
      ['{"a"', /is not JSON/],
    ] as const) {
      const error = (await withFile(name, bytes)) as Error;
      expect(error.message).toMatch(message);
      expect(error.message).toContain(join('', name));
      expect(error.cause).toBeUndefined();
    }
  });

  test('timesteps beyond measure, and a class called constructor', async () => {
    const file = 'scheduler/scheduler_config.json';
    expect(await withFile(file, changed(file, { num_train_timesteps: 1e10 }))).toMatchObject({
      message: expect.stringContaining('num_train_timesteps must be a whole number from 1 to 100000'),
    });
    for (const _class_name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const { open } = readSamplers({ _class_name }, 'scheduler_config.json');
      expect(() => open('auto', { count: 4 })).toThrow(ScheduleError);
      expect(() => open('auto', { count: 4 })).toThrow(`_class_name ${_class_name} is none of`);
    }
  });

  test('a pipe or /dev/zero in the place of a config is refused and not read', async () => {
    const strange = join(folder, 'strange');
    cpSync(join(model, 'vae'), strange, { recursive: true });
    execFileSync('rm', [join(strange, 'config.json')]);
    execFileSync('mkfifo', [join(strange, 'config.json')]);
    await expect(readConfig(strange)).rejects.toThrow('it is no ordinary file');
    execFileSync('ln', ['-sf', '/dev/zero', join(strange, 'config.json')]);
    await expect(readConfig(strange)).rejects.toThrow('it is no ordinary file');
  });

  test('names of JavaScript are no classes of networks and no predictions', async () => {
    const copy = join(folder, 'named');
    cpSync(join(model, 'vae'), copy, { recursive: true });
    writeFileSync(join(copy, 'config.json'), changed('vae/config.json', { _class_name: 'constructor' }));
    expect(await inspectModel(copy)).toMatchObject({ kind: 'unknown' });
    const weights = (await openFolderWeights(join(model, 'vae')))!;
    const file = { ...weights, metadata: { 'modelspec.prediction_type': 'constructor' } };
    expect(await statedPrediction(file, { use_linear_projection: true })).toBeUndefined();
  });
});

describe('a tokenizer', () => {
  let count = 0;
  const tokenizer = async (files: Record<string, unknown>) => {
    const own = join(folder, `tokenizer-${count++}`);
    cpSync(join(embeddedModel, 'tokenizer'), own, { recursive: true });
    for (const [name, value] of Object.entries(files)) writeFileSync(join(own, name), JSON.stringify(value));
    return loadTokenizer(own);
  };

  test.each([0, 1, 2, -5, 6.5, 5000, 999_999, 'x', [77]])('model_max_length %j is refused', async model_max_length => {
    const opened = tokenizer({ 'tokenizer_config.json': { model_max_length } });
    await expect(opened).rejects.toThrow(TokenizerError);
    await expect(opened).rejects.toThrow(/tokenizer_config\.json: model_max_length is .*, expects a whole number from 3 to 4096/);
  });

  test('model_max_length of 3 leaves room for one token; transformers’ 1e30 stands for 77', async () => {
    expect((await tokenizer({ 'tokenizer_config.json': { model_max_length: 3 } })).encode('a cat on a mat').ids.length).toBe(3);
    expect((await tokenizer({ 'tokenizer_config.json': { model_max_length: 1e30 } })).encode('a').ids.length).toBe(77);
  });

  test('ids beyond measure and of no number are refused', async () => {
    for (const id of [1e9, -1, 0.5])
      await expect(tokenizer({ 'added_tokens.json': { '<x>': id } })).rejects.toThrow(`the id of "<x>" is ${id}, expects`);
    const added_tokens_decoder = { many: { content: '<x>' } };
    await expect(tokenizer({ 'tokenizer_config.json': { added_tokens_decoder } })).rejects.toThrow('the id of "<x>" is NaN, expects');
  });

  test('130,000 entries open, and as many added tokens are found, the longest first', async () => {
    const vocabulary = JSON.parse(readFileSync(join(embeddedModel, 'tokenizer', 'vocab.json'), 'utf8')) as Record<string, number>;
    for (let i = 0; i < 130_000; i++) vocabulary[`entry${i}`] = 3000 + i;
    const added = Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => [`<t${i}>`, 200_000 + i]));
    const opened = await tokenizer({ 'vocab.json': vocabulary, 'added_tokens.json': { ...added, '<t1': 400_000, '': 400_001 } });
    expect(opened.maxId).toBe(400_001);
    expect(opened.encode('<t12><t129999> <t1x').ids.slice(1, 4)).toEqual([200_012, 329_999, 400_000]);
  });
});
