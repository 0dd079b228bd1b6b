import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { flatClipNames, oldVaeNames } from '../../models/weights/aliases.ts';
import { openWeights } from '../../models/weights/open-weights.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import type { TensorInfo, WeightSource } from '../../models/weights/weight-source.ts';
import { WeightError } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { noise } from './graphs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerender-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
const written = async (bytes: Uint8Array): Promise<string> => {
  const file = join(folder, `${count++}.safetensors`);
  await writeFile(file, bytes);
  return file;
};

/** A file of a header as it stands and some bytes of data. */
const raw = (header: unknown, data: number): Buffer => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
};

const one = (changes: object): Record<string, unknown> => ({ beta: { dtype: 'F32', shape: [5], data_offsets: [0, 20], ...changes } });
const claim = (length: bigint, rest: string): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(length);
  return Buffer.concat([bytes, Buffer.from(rest)]);
};

const broken: [name: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', Buffer.alloc(0), /it has 0 bytes/],
  ['seven bytes', Buffer.alloc(7), /it has 7 bytes/],
  ['a header past the end', claim(4096n, '{}'), /claims a header of 4096 bytes, but 2 bytes follow/],
  ['a header of 2^63 bytes', claim(2n ** 63n + 17n, '{}'), /claims a header of 9223372036854775825 bytes/],
  ['a length whose low half looks right', claim(2n ** 32n + 2n, '{}'), /claims a header of 4294967298 bytes/],
  ['no JSON', raw("{'beta': 1}", 20), /not JSON/],
  ['a list', raw('[1, 2]', 0), /does not begin with \{/],
  ['only padding', raw(' '.repeat(64), 0), /does not begin with \{/],
  ['no UTF-8', Buffer.concat([claim(5n, ''), Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])]), /the header is not text in UTF-8/],
  ['the same name twice', raw(`{"beta":${JSON.stringify(one({}).beta)}, "beta":${JSON.stringify(one({}).beta)}}`, 20), /has beta twice/],
  ['an unknown type', raw(one({ dtype: 'F24' }), 20), /beta: unknown element type "F24"/],
  ['a type in lower case', raw(one({ dtype: 'f32' }), 20), /"f32"/],
  ['a name of Object.prototype as type', raw(one({ dtype: 'constructor' }), 20), /unknown element type/],
  ['no shape', raw(one({ shape: undefined }), 20), /beta: shape undefined/],
  ['a negative shape', raw(one({ shape: [-1, -5] }), 20), /beta: shape \[-1,-5\]/],
  ['a shape that overflows', raw(one({ shape: [2 ** 32, 2 ** 32, 5] }), 20), /beta: F32 .* takes .* the file gives it 20/],
  ['too few bytes for the shape', raw(one({ shape: [6] }), 20), /takes 24 bytes, the file gives it 20/],
  ['an end before the begin', raw(one({ data_offsets: [20, 0] }), 20), /before it begins/],
  ['a negative offset', raw(one({ data_offsets: [-20, 0] }), 20), /not two positions/],
  ['a fraction as offset', raw(one({ data_offsets: [0.5, 20.5] }), 21), /not two positions/],
  ['an end past the file', raw(one({ data_offsets: [0, 4_000_000_000] }), 20), /ends at byte 4000000000 of the data, which has 20/],
  ['truncated data', raw(one({}), 13), /the file is truncated/],
  ['bytes after the last tensor', raw(one({}), 32), /12 bytes after beta belong to no tensor/],
  ['a hole', raw(one({ data_offsets: [16, 36] }), 36), /beta: 16 bytes before it belong to no tensor/],
  [
    'shared bytes',
    raw({ alpha: { dtype: 'U8', shape: [8], data_offsets: [0, 8] }, ...one({ data_offsets: [4, 24] }) }, 24),
    /beta: shares bytes with alpha/,
  ],
  ['a number as tensor', raw({ beta: 3 }, 0), /beta: the header has no description/],
  ['metadata twice', raw('{"__metadata__": {}, "__metadata__": {}}', 0), /has __metadata__ twice/],
  ['a header of many levels', raw(`{"a":${'['.repeat(100_000)}`, 0), /nests JSON deeper than 64 levels/],
  ['a type of many levels', raw(`{"a":{"dtype":${'['.repeat(60)}${']'.repeat(60)}}}`, 0), /unknown element type/],
];

test.each(broken)('%s is refused with the file and the place', async (_, bytes, message) => {
  const file = await written(bytes);
  const error = await openSafetensors(file).catch(cause => cause);
  expect(error).toBeInstanceOf(WeightError);
  expect(error.message).toContain(file);
  expect(error.message).toMatch(message);
});

test('a file that is not there, and a folder, are refused by name', async () => {
  await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(/none: cannot be read/);
  await expect(openSafetensors(folder)).rejects.toThrow(WeightError);
});

test('a link is followed to the real file, where onnxruntime looks for the weights', async () => {
  const file = await written(safetensorsBytes({ a: noise('a', [2]) }));
  const link = join(folder, 'link.safetensors');
  await symlink(file, link);
  expect((await openSafetensors(link)).tensors[0]?.file).not.toContain('link');
});

test('places are those of the bytes in the file, for any names and shapes', async () => {
  const shapes = fc.dictionary(
    fc.string({ minLength: 1 }).filter(name => !['__metadata__', '__proto__'].includes(name)),
    fc.array(fc.nat(3), { maxLength: 3 }),
    { maxKeys: 5 },
  );
  await fc.assert(
    fc.asyncProperty(shapes, async dims => {
      const tensors = Object.fromEntries(Object.entries(dims).map(([name, shape]) => [name, noise(name, shape)]));
      const bytes = safetensorsBytes(tensors);
      const source = await openSafetensors(await written(bytes));
      expect(new Set(source.names())).toEqual(new Set(Object.keys(tensors)));
      for (const [name, { dims: shape, data }] of Object.entries(tensors)) {
        const info = source.find(name, shape) as TensorInfo;
        expect(info.dims).toEqual(shape);
        const found = bytes.subarray(info.offset, info.offset + info.length);
        expect([...new Float32Array(new Uint8Array(found).buffer)]).toEqual([...data]);
      }
    }),
    { numRuns: 60 },
  );
});

test('no damaged byte of a header breaks the reader: it opens the file or refuses it', async () => {
  const good = safetensorsBytes({ alpha: noise('a', [4, 3]), beta: noise('b', [5]) });
  const file = await written(good);
  await fc.assert(
    fc.asyncProperty(fc.nat(130), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(good);
      bytes[at] = value;
      await writeFile(file, bytes);
      const result = await openSafetensors(file).catch(error => error);
      if (!(result instanceof WeightError))
        for (const info of result.tensors) expect(info.offset + info.length).toBeLessThanOrEqual(good.length);
    }),
    { numRuns: 150 },
  );
});

const place = { dtype: 'U8', shape: [1], data_offsets: [0, 1] };

test('metadata that is no text is left out, and what is text stays', async () => {
  const header = { __metadata__: { step: 3, note: 'x', list: [1], none: null }, a: place };
  expect((await openSafetensors(await written(raw(header, 1)))).metadata).toEqual({ note: 'x' });
  for (const other of [null, 'text', [1], 7]) {
    expect((await openSafetensors(await written(raw({ __metadata__: other, a: place }, 1)))).metadata).toEqual({});
  }
});

test.each([
  ['plain', 'x'],
  ['full of quotes', '"'],
  ['full of backslashes', '\\'],
])('16 MB of metadata open, %s', async (_, character) => {
  const note = character.repeat(16_000_000);
  const { metadata } = await openSafetensors(await written(raw({ __metadata__: { note }, a: place }, 1)));
  expect(metadata.note?.length).toBe(note.length);
});

test('a header of nearly 100 MB opens, one of ten million brackets is refused', async () => {
  const opened = await openSafetensors(await written(raw({ __metadata__: { note: 'x'.repeat(99_900_000) }, a: place }, 1)));
  expect(opened.tensors.length).toBe(1);
  const brackets = await written(raw(`{"a":[${'[],'.repeat(11_000_000)}[]]}`, 0));
  await expect(openSafetensors(brackets)).rejects.toThrow('the header holds more than 10000000 values of JSON');
});

test('300,000 tensors and names of 40,000 characters open, and `models inspect` tells what they are', async () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `"down_blocks.${i}.x":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`);
  expect(await inspectModel(await written(raw(`{${many.join(',')}}`, 300_000)))).toMatchObject({
    kind: 'unknown',
    parts: [{ parameters: 300_000 }],
  });
  for (const part of ['.', 'a', '1.', '.lora_', '.lora_a', 'input_blocks.1', 'down_blocks.1.', '.transformer_blocks1', '.resnets.1']) {
    const name = part.repeat(40_000 / part.length);
    expect((await inspectModel(await written(raw({ [name]: place }, 1)))).parts[0]?.parameters).toBe(1);
  }
});

test('numbers in names build nothing: a checkpoint with a layer of number 99,999,999,999 is looked at and refused', async () => {
  for (const name of [
    'decoder.layers.99999999999.weight',
    'encoder.down_blocks.99999999999.0.conv1.weight',
    'encoder.layers.9999.weight',
  ]) {
    const header = {
      [name]: place,
      'encoder.conv_in.weight': { ...place, data_offsets: [1, 2] },
      'encoder.down_blocks.1.0.conv1.weight': { ...place, data_offsets: [2, 3] },
    };
    expect(await inspectModel(await written(raw(header, 3)))).toBeDefined();
  }
});

test('a tensor of more dims than any has is refused, and a long name is cut in the message', async () => {
  await expect(openSafetensors(await written(raw({ a: { ...place, shape: Array(1000).fill(1) } }, 1)))).rejects.toThrow(
    'is not a list of sizes',
  );
  const error = await openSafetensors(await written(raw({ ['n'.repeat(40_000)]: 1 }, 0))).catch(cause => cause);
  expect(error.message.length).toBeLessThan(400);
});

test('a pipe in the place of weights is refused and not waited for', async () => {
  const pipe = join(folder, 'pipe.safetensors');
  execFileSync('mkfifo', [pipe]);
  await expect(openWeights(pipe)).rejects.toThrow('is no ordinary file');
});

const sourceOf = (dims: Record<string, number[]>): WeightSource => ({
  label: 'table',
  find: name => (dims[name] ? { name, dtype: 'F32', dims: dims[name], file: '/w', offset: 0, length: 0 } : undefined),
  names: () => Object.keys(dims),
});

test('old autoencoder names and 1x1 convolutions stand for the matrices of today', () => {
  const old = oldVaeNames(sourceOf({ 'mid.attentions.0.query.weight': [8, 8, 1, 1], 'mid.attentions.0.proj_attn.bias': [8] }));
  expect(old.find('mid.attentions.0.to_q.weight', [8, 8])).toMatchObject({ name: 'mid.attentions.0.query.weight', dims: [8, 8] });
  expect(old.find('mid.attentions.0.to_out.0.bias', [8])).toMatchObject({ name: 'mid.attentions.0.proj_attn.bias' });
  expect(old.find('mid.attentions.0.to_k.weight', [8, 8])).toBeUndefined();
});

test('text encoders are read with and without their prefix', () => {
  expect(flatClipNames(sourceOf({ 'final_layer_norm.bias': [4] })).find('text_model.final_layer_norm.bias', [4])).toBeDefined();
  expect(flatClipNames(sourceOf({ 'text_model.final_layer_norm.bias': [4] })).find('text_model.final_layer_norm.bias', [4])).toBeDefined();
});
