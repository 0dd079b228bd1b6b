import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { openConditioning } from '../../models/conditioning.ts';
import { openDiffusionModel } from '../../models/diffusion-model.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import type { Tensor } from '../../models/tensor.ts';
import { readEmbedding } from '../../models/text/embedding.ts';
import { loadTokenizer } from '../../models/text/tokenizer.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { difference, noise } from './graphs.ts';
import { SavedObject, type SavedTree, torchOlder, torchZip } from './torch-files.ts';

const folder = temporaryFolder();
const WIDTH = 128; // of the embedded model's text encoder
const VOCABULARY = 2014;

let files = 0;
const write = async (content: Readonly<Record<string, Tensor>>, name = `embedding-${files++}.safetensors`): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, safetensorsBytes(content));
  return path;
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

describe('readEmbedding', () => {
  test.each<[string, Readonly<Record<string, Tensor>>, string | undefined, string, readonly number[]]>([
    ['one vector', { '<toy>': noise('v', [8]) }, undefined, '<toy>', [1, 8]],
    ['several', { '<toy>': noise('v', [3, 8]) }, undefined, '<toy>', [3, 8]],
    ['a token of its own', { '<toy>': noise('v', [8]) }, 'sks', 'sks', [1, 8]],
    ['the web UI, named by its file', { emb_params: noise('v', [2, 8]) }, undefined, 'my-style', [2, 8]],
  ])('%s', async (_, content, wanted, token, dims) => {
    const path = await write(content, 'my-style.safetensors');
    const found = await readEmbedding({ path, ...(wanted !== undefined && { token: wanted }) });
    expect(found).toMatchObject({ file: path, token, vectors: { dims } });
    expect(found.vectors.data).toEqual(Object.values(content)[0]!.data);
  });

  test.each<[string, SavedTree, string]>([
    ['named by its key', { '<R>': { size: [8], data: noise('v', [8]).data } }, '<R>'],
    ['the web UI', { string_to_param: { '*': { size: [1, 8], data: noise('v', [8]).data } }, name: 'ink-wash', step: 499 }, 'ink-wash'],
    ['the web UI without a name', { string_to_param: { '*': { size: [1, 8], data: noise('v', [8]).data } } }, 'my-style'],
    ['a bare tensor', { size: [1, 8], data: noise('v', [8]).data }, 'my-style'],
  ])('of torch, %s', async (_, tree, token) => {
    const path = join(folder, 'my-style.pt');
    await writeFile(path, torchZip(tree));
    const found = await readEmbedding({ path });
    expect(found).toMatchObject({ token, vectors: { dims: [1, 8] } });
    expect(found.vectors.data).toEqual(noise('v', [8]).data);
  });

  const vectors = { size: [1, 8], data: noise('v', [8]).data };
  const table = new SavedObject('sparse Embedding', { parameters: { weight: vectors } });
  test.each<[string, SavedTree, string]>([
    [
      'ParameterDict',
      { string_to_param: new SavedObject('container ParameterDict', { parameters: { '*': vectors } }), name: 'ink' },
      'ink',
    ],
    ['ParameterDict by itself', new SavedObject('container ParameterDict', { parameters: { '<R>': vectors } }), '<R>'],
    ['ParameterList', { string_to_param: new SavedObject('container ParameterList', { parameters: { 0: vectors } }), name: 'ink' }, 'ink'],
    ['ParameterList by itself', new SavedObject('container ParameterList', { parameters: { 0: vectors } }), 'my-style'],
    ['Embedding', table, 'my-style'],
    ['Embedding under its token', { '<R>': table }, '<R>'],
    ['ModuleDict', { string_to_param: new SavedObject('container ModuleDict', { modules: { '*': table } }), name: 'ink' }, 'ink'],
    [
      'buffers that are not saved',
      new SavedObject('container ParameterDict', { parameters: { '<R>': vectors }, buffers: { ids: vectors } }, ['ids']),
      '<R>',
    ],
  ])('of torch, an object of torch.nn: %s', async (_, tree, token) => {
    for (const bytes of [torchZip(tree), torchOlder(tree)]) {
      const path = join(folder, 'my-style.pt');
      await writeFile(path, bytes);
      const found = await readEmbedding({ path });
      expect(found).toMatchObject({ token, vectors: { dims: [1, 8] } });
      expect(found.vectors.data).toEqual(vectors.data);
    }
  });

  test.each([
    ['a class of another name', new SavedObject('container Program', {}), 'torch.nn.modules.container.Program, which is not on the list'],
    ['a class of another file', new SavedObject('program Embedding', {}), 'torch.nn.modules.program.Embedding, which is not on the list'],
  ])('of torch, %s is refused by its name', async (_, tree, message) => {
    const path = join(folder, 'other.pt');
    await writeFile(path, torchZip(tree));
    await expect(readEmbedding({ path })).rejects.toThrow(message);
  });

  test('of torch, the web UI with two tokens is refused', async () => {
    const path = join(folder, 'two.pt');
    const vector = { size: [8], data: noise('v', [8]).data };
    await writeFile(path, torchZip({ string_to_param: { '*': vector, '+': vector } }));
    await expect(readEmbedding({ path })).rejects.toThrow('holds 2 tensors (string_to_param.*, string_to_param.+)');
  });

  test('a folder holds it under the name that trainers give it', async () => {
    const home = join(folder, 'trained');
    await mkdir(home);
    await writeFile(join(home, 'learned_embeds.safetensors'), safetensorsBytes({ '<R>': noise('v', [8]) }));
    expect((await readEmbedding({ path: home })).token).toBe('<R>');
  });

  test.each<[string, Readonly<Record<string, Tensor>>, string]>([
    ['two tokens', { '<a>': noise('a', [8]), '<b>': noise('b', [8]) }, 'holds 2 tensors (<a>, <b>), expects the vectors of one token'],
    ['half of SDXL', { clip_g: noise('b', [1, 16]) }, "holds clip_g, vectors for SDXL's second text encoder, but not clip_l alone"],
    ['three dims', { '<toy>': noise('a', [1, 2, 8]) }, '<toy> is [1, 2, 8], expects vectors [count, width]'],
    ['a number', { '<toy>': noise('a', []) }, '<toy> is [], expects vectors'],
    ['no vector', { '<toy>': noise('a', [0, 8]) }, '<toy> is [0, 8], expects vectors'],
    ['more than a prompt', { '<toy>': noise('a', [76, 8]) }, 'room for 75 vectors'],
    ['vectors beyond any encoder', { '<toy>': noise('a', [1, 16_385]) }, '<toy> is [1, 16385]: a prompt has room'],
    ['NaN', { '<toy>': { dims: [2], data: Float32Array.of(1, Number.NaN) } }, '<toy> holds NaN'],
    ['no name', { ' ': noise('a', [8]) }, 'names no token'],
    ['nothing', {}, 'holds 0 tensors'],
  ])('%s is refused', async (_, content, message) => {
    await expect(readEmbedding({ path: await write(content) })).rejects.toThrow(message);
  });
});

describe('new tokens', () => {
  const open = (tokens: readonly { token: string; count: number }[]) => loadTokenizer(join(embeddedModel, 'tokenizer'), { tokens });
  const body = async (prompt: string, tokens: readonly { token: string; count: number }[]): Promise<number[]> => {
    const { ids } = (await open(tokens)).encode(prompt);
    return ids.slice(1, ids.indexOf(VOCABULARY - 1));
  };
  const known = async (prompt: string): Promise<number[]> => body(prompt, []);

  test('take the ids behind the vocabulary, file by file, and stand for all their vectors', async () => {
    const tokens = [
      { token: '<R>', count: 1 },
      { token: '<toy>', count: 3 },
    ];
    const [cat, stone] = [await known('cat'), await known('stone')];
    expect(await body('cat <R> stone', tokens)).toEqual([...cat, 2014, ...stone]);
    expect(await body('cat<toy>stone', tokens)).toEqual([...cat, 2015, 2016, 2017, ...stone]);
    expect(await body('<toy>_2 <r>', tokens)).toEqual([2017, 2014]);
    expect((await open(tokens)).maxId).toBe(2017);
  });

  test.each<[string, string]>([
    ['a word of the vocabulary', 'painting'],
    ['a special token', '<|endoftext|>'],
    ['one that differs in case', '<TOY>'],
    ['the vector of another', '<toy>_1'],
  ])('%s is refused', async (_, token) => {
    const tokens = [
      { token: '<toy>', count: 2 },
      { token, count: 1 },
    ];
    await expect(open(tokens)).rejects.toThrow(`the token ${token} of an embedding is one already`);
  });
});

describe('a model with an embedding', () => {
  const states = async (prompt: string, uses: readonly { path: string; token?: string }[], from = embeddedModel): Promise<Tensor> => {
    const model = await openDiffusionModel(from, { runtime, controls: [], embeddings: uses });
    try {
      return openConditioning((await model.encodeText([prompt])).conditioning).states;
    } finally {
      await model.release();
    }
  };

  test('answers to other prompts as before, to the byte', async () => {
    const path = await write({ '<R>': noise('v', [2, WIDTH]) });
    expect((await states('a watercolor painting', [{ path }])).data).toEqual((await states('a watercolor painting', [])).data);
  });

  test('tells two embeddings apart', async () => {
    const uses = [{ path: await write({ '<R>': noise('v', [WIDTH]) }) }, { path: await write({ '<S>': noise('w', [WIDTH]) }) }];
    expect(difference(await states('cat <R> stone', uses), await states('cat <S> stone', uses))).toBeGreaterThan(0.01);
    expect(difference(await states('cat <S> stone', uses), await states('cat <S> stone', uses.slice(1)))).toBe(0);
  });

  test('has another digest, whatever the file is called', async () => {
    const digest = async (uses: readonly { path: string }[]) =>
      (await openDiffusionModel(embeddedModel, { runtime, embeddings: uses })).info.digest;
    const vector = { '<R>': noise('v', [WIDTH]) };
    const [a, b, none] = [await digest([{ path: await write(vector) }]), await digest([{ path: await write(vector) }]), await digest([])];
    expect(a).toBe(b);
    expect(a).not.toBe(none);
  });

  test('of another width is refused with both widths', async () => {
    const path = await write({ '<R>': noise('v', [768]) });
    await expect(states('a <R>', [{ path }])).rejects.toThrow(/<R> are 768 wide, the model's text encoder is 128 wide/);
  });

  test('puts its tokens behind those that the folder itself added', async () => {
    const home = join(folder, 'added');
    await cp(embeddedModel, home, { recursive: true });
    await writeFile(join(home, 'tokenizer', 'added_tokens.json'), JSON.stringify({ '<S>': 2013 }));
    await expect(states('a <S>', [{ path: await write({ '<S>': noise('v', [WIDTH]) }) }], home)).rejects.toThrow('is one already');
    expect((await states('a <R>', [{ path: await write({ '<R>': noise('v', [WIDTH]) }) }], home)).dims).toEqual([1, 77, WIDTH]);
  });
});

test('a LoRA that holds NaN is named when a picture is drawn with it', async () => {
  const module = 'mid_block.attentions.0.transformer_blocks.0.attn1.to_q';
  const down = noise('d', [2, 128]);
  down.data[5] = Number.NaN;
  const path = await write({ [`unet.${module}.lora_A.weight`]: down, [`unet.${module}.lora_B.weight`]: noise('u', [128, 2]) });
  const model = await openDiffusionModel(embeddedModel, { runtime, controls: [], loras: [{ path, weight: 1 }] });
  const { conditioning } = await model.encodeText(['', 'a cat']);
  await expect(model.denoise({ conditioning, noise: noise('x', [1, 32, 8, 8]), steps: 1 })).rejects.toThrow(
    `${path}: unet.${module}.lora_A.weight holds NaN or infinity`,
  );
  await model.release();
});
