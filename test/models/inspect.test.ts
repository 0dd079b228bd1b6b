import { cpSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
import { rerenderCommand } from '../support/cli.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { asSaved } from '../support/state.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ldmControl, ldmState, ldmVae, type Tensors, tinySd, writeFolder } from '../support/tiny-sd.ts';
import { noise } from './graphs.ts';
import { SavedObject, torchZip } from './torch-files.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const [one, two] = [tinySd(1), tinySd(2)];
const write = (name: string, tensors: Tensors): string => {
  writeFileSync(at(name), name.endsWith('.safetensors') ? safetensorsBytes(tensors) : torchZip(asSaved(tensors)));
  return at(name);
};
const without = (tensors: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith(prefix)));

/** Stability's: changes of the way down, a way in for the picture of its own, and a tensor without meaning as a mark. */
const CONTROL_LORA: Tensors = {
  'input_blocks.1.0.in_layers.2.up': noise('u', [4, 2]),
  'input_blocks.1.0.in_layers.2.down': noise('d', [2, 4, 3, 3]),
  'input_hint_block.0.weight': noise('h', [16, 3, 3, 3]),
  lora_controlnet: noise('m', []),
};

beforeAll(() => void writeFolder(at('sd'), one));

describe('what a path is', () => {
  const cases: [what: string, path: () => string, kind: string][] = [
    ['a folder of version 1', () => at('sd'), 'stable-diffusion-1'],
    ['a folder of version 2', () => writeFolder(at('sd2'), two), 'stable-diffusion-2'],
    ['a file of version 1', () => write('a.ckpt', ldmState(one)), 'stable-diffusion-1'],
    ['a file of version 2', () => write('b.safetensors', ldmState(two)), 'stable-diffusion-2'],
    ['a ControlNet folder', () => at('sd', 'controlnet'), 'controlnet'],
    ['a ControlNet file', () => write('c.pth', ldmControl(one)), 'controlnet'],
    ['an autoencoder folder', () => at('sd', 'vae'), 'autoencoder'],
    ['an autoencoder file', () => write('d.pt', ldmVae(one)), 'autoencoder'],
    [
      'the autoencoder of the embedded model, as a file',
      () => join(embeddedModel, 'vae', 'diffusion_pytorch_model.safetensors'),
      'autoencoder',
    ],
    ['a text encoder file', () => at('sd', 'text_encoder', 'model.safetensors'), 'text-encoder'],
    ['a kohya LoRA', () => write('e.safetensors', { 'lora_unet_mid.lora_down.weight': noise('e', [2, 4]) }), 'lora'],
    ['a PEFT LoRA', () => write('f.safetensors', { 'unet.mid.to_q.lora_A.weight': noise('f', [2, 4]) }), 'lora'],
    [
      "a LoRA of ComfyUI's names",
      () => write('general.safetensors', { 'diffusion_model.middle_block.1.proj_in.lora_up.weight': noise('e', [4, 2]) }),
      'lora',
    ],
    ['a LoRA of a named adapter', () => write('named.bin', { 'mid.to_q.lora_A.ink.weight': noise('f', [2, 4]) }), 'lora'],
    ['a Control-LoRA', () => write('control-lora.safetensors', CONTROL_LORA), 'control-lora'],
    ['a difference ControlNet', () => write('difference.pth', { ...ldmControl(one), difference: noise('d', []) }), 'control-difference'],
    ['an old LoRA', () => write('g.bin', { 'mid.attn1.processor.to_q_lora.down.weight': noise('g', [2, 4]) }), 'lora'],
    ["ReVersion's embedding", () => write('h.bin', { '<R>': noise('h', [768]) }), 'embedding'],
    ["the web UI's embedding", () => write('i.safetensors', { emb_params: noise('i', [3, 768]) }), 'embedding'],
    ['something else', () => write('k.safetensors', { 'layer.weight': noise('k', [2, 3]) }), 'unknown'],
  ];
  test.each(cases)('%s', async (_, path, kind) => {
    expect((await inspectModel(path())).kind).toBe(kind);
  });
});

test('sizes, types, prediction and memory of a whole model are told, of a file as of a folder', async () => {
  const [whole, file] = [await inspectModel(at('sd')), await inspectModel(write('whole.safetensors', ldmState(one)))];
  expect(whole).toMatchObject({ form: 'folder', missing: [], problems: [], prediction: 'epsilon' });
  expect(file).toMatchObject({ form: 'file', missing: [], problems: [], prediction: 'epsilon', memory: whole.memory });
  expect(whole.parts.map(({ name }) => name)).toEqual(['unet', 'vae', 'text_encoder', 'controlnet']);
  for (const part of file.parts) {
    expect(part).toMatchObject({ parameters: whole.parts.find(({ name }) => name === part.name)?.parameters, dtypes: ['F32'] });
    expect(part.bytes).toBe(4 * part.parameters);
  }
  expect((await inspectModel(write('v.safetensors', ldmState(two)))).prediction).toBeUndefined();
  writeFileSync(at('v.yaml'), 'model:\n  params:\n    parameterization: "v"\n');
  expect((await inspectModel(at('v.safetensors'))).prediction).toBe('v_prediction');
});

test("an embedding's size is that of its vectors, also where torch.nn holds them", async () => {
  const vectors = { size: [2, 768], data: noise('v', [2, 768]).data };
  const params = new SavedObject('container ParameterDict', { parameters: { '*': vectors } });
  writeFileSync(at('params.pt'), torchZip({ string_to_token: { '*': { size: [], data: Float32Array.of(265) } }, string_to_param: params }));
  expect(await inspectModel(at('params.pt'))).toMatchObject({ kind: 'embedding', parts: [{ parameters: 1536, dtypes: ['F32'] }] });
});

describe('a ControlNet that is no network by itself', () => {
  const { lora_controlnet: _, ...unmarked } = CONTROL_LORA;
  const forms: [what: string, file: string, tensors: Tensors, due: RegExp][] = [
    ['a Control-LoRA', 'cl.safetensors', CONTROL_LORA, /is a Control-LoRA \(.*\), low-rank changes .* in full, such as/],
    ['one without its mark', 'cl-2.safetensors', unmarked, /is a Control-LoRA \(input_blocks/],
    ['a difference', 'cd.pth', { ...ldmControl(one), difference: noise('d', []) }, /is a difference ControlNet \(difference\), .* in full/],
  ];
  test.each(forms)('%s is refused in words that fit, whatever it is given as', async (_, name, tensors, due) => {
    const file = write(name, tensors);
    expect((await inspectModel(file)).problems).toEqual([expect.stringMatching(due)]);
    await expect(openModelFolder(at('sd'), { controls: [file] })).rejects.toThrow(due);
    await expect(openModelFolder(at('sd'), { vae: file })).rejects.toThrow(due);
    await expect(openModelFolder(at('sd'), { loras: [{ path: file, weight: 1 }] })).rejects.toThrow(due);
    await expect(openModelFolder(file)).rejects.toThrow(due);
  });

  test('in a folder with a config, too', async () => {
    const home = at('control-lora-folder');
    cpSync(at('sd', 'controlnet'), home, { recursive: true });
    writeFileSync(join(home, 'diffusion_pytorch_model.safetensors'), safetensorsBytes(CONTROL_LORA));
    await expect(openModelFolder(at('sd'), { controls: [home] })).rejects.toThrow(/is a Control-LoRA/);
    expect((await inspectModel(home)).problems[0]).toMatch(/is a Control-LoRA/);
  });
});

test('what is missing and what does not fit is listed', async () => {
  writeFolder(at('bare'), one);
  rmSync(at('bare', 'vae'), { recursive: true });
  rmSync(at('bare', 'tokenizer', 'merges.txt'));
  expect((await inspectModel(at('bare'))).missing).toEqual(['vae/config.json', 'vae/*.safetensors', 'tokenizer/merges.txt']);
  const half = await inspectModel(write('half.safetensors', without(ldmState(one), 'first_stage_model.')));
  expect(half.missing).toEqual(['autoencoder (give one with --vae)']);
  const inpainting = { ...ldmState(one), 'model.diffusion_model.input_blocks.0.0.weight': noise('w', [32, 9, 3, 3]) };
  expect((await inspectModel(write('nine.ckpt', inpainting))).problems[0]).toMatch(/inpainting/);
  writeFolder(at('torn'), one);
  truncateSync(at('torn', 'unet', 'diffusion_pytorch_model.safetensors'), 5000);
  expect((await inspectModel(at('torn'))).problems[0]).toMatch(/truncated/);
  mkdirSync(at('empty'));
  expect((await inspectModel(at('empty'))).problems[0]).toMatch(/holds neither/);
  await expect(inspectModel(at('nowhere'))).rejects.toThrow('there is no file or folder');
});

describe('what was recognised, and by what', () => {
  const named = (name: string, tensors: Tensors, metadata: Record<string, string>): string => {
    const bytes = safetensorsBytes(tensors);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = Buffer.from(JSON.stringify({ ...JSON.parse(bytes.subarray(8, end).toString()), __metadata__: metadata }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(at(name), Buffer.concat([length, header, bytes.subarray(end)]));
    return at(name);
  };
  const said = async (path: string): Promise<string[]> => (await inspectModel(path)).recognised.map(({ what, by }) => `${what}: ${by}`);
  const lora = (module: string, width = 4): Tensors => ({
    [`${module}.lora_down.weight`]: noise('d', [2, width]),
    [`${module}.lora_up.weight`]: noise('u', [4, 2]),
  });
  const CROSS = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k';

  test('a model: by its name, unless its metadata says that it is a merge; few steps by title; prediction by each mark', async () => {
    const state = ldmState(one);
    expect(await said(write('v1-5-pruned-emaonly.safetensors', state))).toEqual([
      'is Stable Diffusion 1.5 itself: its name',
      'predicts epsilon: its family, as nothing in it says otherwise',
    ]);
    const marks = { 'modelspec.title': 'Dream Turbo', sd_merge_models: '{}', 'modelspec.prediction_type': 'v' };
    expect(await said(named('sd-v1-4.safetensors', state, { ...marks, 'modelspec.resolution': '640x512' }))).toEqual([
      'is a fine-tune or a merge: its metadata (sd_merge_models)',
      'is called "Dream Turbo": its metadata (modelspec.title)',
      'is made for 512 pixels: its metadata (modelspec.resolution)',
      'is made for few steps without guidance (Turbo): its metadata (modelspec.title "Dream Turbo")',
      'predicts v_prediction: its metadata (modelspec.prediction_type)',
    ]);
    expect((await said(write('dream-lcm.safetensors', state))).slice(0, 2)).toEqual([
      'counts as a fine-tune: its name, which is none of the published models',
      'is made for few steps without guidance (LCM): its name',
    ]);
  });

  test.each<[string, () => string, string[]]>([
    ['a width of texts', () => write('l1.safetensors', lora(CROSS, 768)), [`is for Stable Diffusion 1: ${CROSS} reads texts 768 wide`]],
    [
      'a second text encoder',
      () => write('l2.safetensors', lora('lora_te2_x')),
      ['is for SDXL: it changes a second text encoder: lora_te2_x'],
    ],
    [
      'metadata',
      () => named('l3.safetensors', lora('lora_unet_x'), { ss_base_model_version: 'sdxl_base_v1-0', ss_output_name: 'hyper-sd-8' }),
      [
        'is called "hyper-sd-8": its metadata (ss_output_name)',
        'names "sdxl_base_v1-0" as its base: its metadata (ss_base_model_version)',
        'is made for few steps without guidance (Hyper-SD): its metadata (ss_output_name "hyper-sd-8")',
      ],
    ],
    [
      'vectors',
      () => write('e2.safetensors', { emb_params: noise('i', [3, 1024]) }),
      ['is for Stable Diffusion 2: the width of its vectors, 1024'],
    ],
  ])('an adapter: %s', async (_, path, due) => {
    expect(await said(path())).toEqual(due);
  });

  test('a LoRA of a kind that is not supported says so', async () => {
    const file = write('loha.safetensors', { ...lora('lora_unet_x'), 'lora_unet_x.hada_w1_a': noise('h', [2, 2]) });
    expect((await inspectModel(file)).problems).toEqual([expect.stringContaining('belongs to LoHa (LyCORIS)')]);
  });
});

test('the command tells it as text and as JSON', async () => {
  const text = await rerenderCommand(['models', 'inspect', at('sd')]);
  expect(text.stdout).toMatch(/Stable Diffusion 1, or of its shape\n {2}unet .* parameters .* F32 {2}UNet2DConditionModel\n/);
  expect(text.stdout).toMatch(/predicts epsilon: scheduler_config\.json\n {2}memory to draw 512 x 512: about \d/);
  const json = await rerenderCommand(['models', 'inspect', at('sd'), '--json']);
  expect(JSON.parse(json.stdout)).toEqual(await inspectModel(at('sd')));
  const none = await rerenderCommand(['models', 'inspect', at('nowhere')]);
  expect([none.code, none.stdout]).toEqual([3, '']);
});
