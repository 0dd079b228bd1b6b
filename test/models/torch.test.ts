import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readNumbers } from '../../models/weights/numbers.ts';
import { openTorchFile, TorchTensor } from '../../models/weights/torch/read.ts';
import { WeightError } from '../../models/weights/weight-source.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { pickleOf, type Saved, type SavedTree, torchOlder, torchZip, zipOf } from './torch-files.ts';

const folder = temporaryFolder();
beforeAll(() => void vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache')));
afterAll(() => vi.unstubAllEnvs());

let count = 0;
const written = (bytes: Uint8Array): string => {
  const file = join(folder, `${count++}.ckpt`);
  writeFileSync(file, bytes);
  return file;
};

const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i + 0.5);
const dense = (...size: number[]): Saved => ({ size, data: counting(size.reduce((a, b) => a * b, 1)) });

const forms: [name: string, write: (tree: SavedTree) => Buffer][] = [
  ['zip', torchZip],
  ['zip with 64-bit places', tree => torchZip(tree, { wide: true })],
  ['older form', torchOlder],
];

test.each(forms)('%s: names, dims and numbers are those that were saved, in the file itself', async (_, write) => {
  const tree = { state_dict: { 'a.weight': dense(2, 3), b: { bias: dense(4) } }, epoch: 3, note: 'text' };
  const file = written(write(tree));
  const opened = await openTorchFile(file);
  expect([...opened.names()]).toEqual(['a.weight', 'b.bias']);
  expect(opened.find('a.weight', [])).toMatchObject({ dtype: 'F32', dims: [2, 3], file });
  expect(await readNumbers(opened.find('a.weight', [])!)).toEqual([...counting(6)]);
  expect(await readNumbers(opened.find('b.bias', [])!)).toEqual([...counting(4)]);
  const value = opened.value as ReadonlyMap<string, unknown>;
  expect([value.get('epoch'), value.get('note')]).toEqual([3, 'text']);
});

test('tensors that share a storage are windows on it; a transposed one is copied once and has the right numbers', async () => {
  const data = counting(12);
  const tree: SavedTree = {
    part: { size: [2, 2], offset: 4, data },
    whole: { size: [3, 4], data },
    turned: { size: [4, 3], stride: [1, 4], data },
    column: { size: [3], stride: [4], offset: 1, data },
  };
  const file = written(torchZip(tree));
  const opened = await openTorchFile(file);
  const numbers = (name: string): Promise<number[]> => readNumbers(opened.find(name, [])!);
  expect(await numbers('part')).toEqual([4.5, 5.5, 6.5, 7.5]);
  expect(await numbers('column')).toEqual([1.5, 5.5, 9.5]);
  expect(await numbers('turned')).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map(x => x + 0.5));
  expect(opened.find('whole', [])?.file).toBe(file);
  const copy = opened.find('turned', [])!.file;
  expect(copy).toContain(join(folder, 'cache'));
  const made = readFileSync(copy);
  expect((await openTorchFile(file)).find('turned', [])?.file).toBe(copy);
  expect(readFileSync(copy).equals(made)).toBe(true);
});

test("Stable Diffusion web UI's embeddings keep their structure", async () => {
  const opened = await openTorchFile(written(torchZip({ string_to_param: { '*': dense(2, 8) }, name: 'ink', step: 7 })));
  const value = opened.value as ReadonlyMap<string, unknown>;
  const vectors = (value.get('string_to_param') as ReadonlyMap<string, unknown>).get('*');
  expect(value.get('name')).toBe('ink');
  expect(vectors instanceof TorchTensor && vectors.info.dims).toEqual([2, 8]);
});

const entries = (pickle: Buffer, data = Buffer.alloc(32)): Buffer =>
  zipOf([
    { name: 'archive/data.pkl', data: pickle },
    { name: 'archive/data/0', data },
  ]);
const program = (code: string): Buffer => Buffer.from(`\x80\x02${code}`, 'latin1');
const view = (change: Partial<Saved>): Buffer => torchZip({ w: { size: [8], data: counting(8), ...change } });

/** Marks every entry of a zip as deflated. */
const compressed = (zip: Buffer): Buffer => {
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 1)) zip.writeUInt16LE(8, at + 10);
  return zip;
};

const CLASS = 'ctorch.nn.modules.container\nModuleDict\n';
const MODULE = `${CLASS})\x81`;
/** 1,500 objects over one set of attributes with 900 buffers, none of which is saved: more entries than the pickle has bytes. */
const names = Array.from({ length: 900 }, (_, i) => `X\x04\0\0\0b${100 + i}`);
const SAME_OVER_AND_OVER = [
  ...['}X\x08\0\0\0_buffers}(', ...names.map(name => `${name}N`), 'us'],
  ...['X\x1b\0\0\0_non_persistent_buffers_set](', ...names, 'es'],
  ...['q\0](', `${MODULE}h\0b`.repeat(1500), 'e.'],
].join('');

const broken: [name: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', Buffer.alloc(0), /it has 0 bytes/],
  ['a text', Buffer.from('hello, hello'), /no torch file|opcode 0x68|recalls/],
  ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), /no torch file/],
  ['a function of the system', entries(program('cos\nsystem\nX\x02\0\0\0ls\x85R.')), /byte 2 of the pickle asks for os.system/],
  ['a name inside an allowed module', entries(program('ctorch\n_utils.os.system\n.')), /torch\._utils\.os\.system/],
  ['a name of every object', entries(program('ctorch\nconstructor\n.')), /torch\.constructor/],
  ['an opcode outside the list', entries(program('i')), /byte 2 of the pickle uses opcode 0x69/],
  ['a list that holds itself', entries(program(']q\0h\0a.')), /nests or repeats/],
  ['lists of lists that double', entries(program(`]q\0${'h\0h\0\x86q\0'.repeat(40)}.`)), /nests or repeats/],
  ['an object that holds itself', entries(program(`${MODULE}q\0}X\x08\0\0\0_modules}X\x01\0\0\0ah\0ssb.`)), /nests or repeats/],
  ['objects that name the same tensors beyond measure', entries(program(SAME_OVER_AND_OVER)), /nests or repeats/],
  [
    'an object that is made with arguments',
    entries(program(`${CLASS}K\x01\x85R.`)),
    /calls torch\.nn.*ModuleDict in a way that is not known/,
  ],
  ['an object whose attributes are a list', entries(program(`${MODULE}]b.`)), /sets attributes that are no dictionary/],
  ['an empty stack', entries(program('R.')), /takes a value that is not there/],
  ['a pickle without end', entries(program('}')), /no end/],
  ['a text that is longer than the file', entries(program('X\xff\xff\xff\xff')), /no end/],
  ['compressed entries', compressed(torchZip({ w: dense(8) })), /archive\/data\.pkl, archive\/data\/0.*: compressed/],
  ['a program of TorchScript', zipOf(['a/data.pkl', 'a/constants.pkl'].map(name => ({ name, data: program('}.') }))), /TorchScript/],
  ['a zip of something else', zipOf([{ name: 'readme.txt', data: Buffer.from('x') }]), /not of torch/],
  ['strides past the storage', view({ stride: [4] }), /w: reaches to number 29 of its storage, which has 8/],
  ['an offset past the storage', view({ offset: 3 }), /w: reaches to number 11/],
  ['a negative offset', view({ offset: -1 }), /w: offset -1/],
  ['a negative size', view({ size: [-8], stride: [1] }), /w: size \[-8\]/],
  ['a negative stride', view({ stride: [-1] }), /w: strides \[-1\]/],
  ['a view that repeats numbers', view({ size: [1000, 8], stride: [0, 1] }), /w: is a view that repeats numbers/],
  [
    'a storage that is not there',
    zipOf([{ name: 'a/data.pkl', data: pickleOf({ w: dense(4) }).pickle }]),
    /w: its storage 0 is not in the file/,
  ],
  [
    'a storage that is short',
    entries(pickleOf({ w: dense(9) }).pickle),
    /w: its storage claims 9 numbers of 4 bytes, the file gives it 32/,
  ],
  ['an older file that is cut', torchOlder({ w: dense(8) }).subarray(0, -9), /past the end of the file/],
];

test.each(broken)('%s is refused with the file and the place', async (_, bytes, message) => {
  const file = written(bytes);
  const error = await openTorchFile(file).catch(cause => cause);
  expect(error).toBeInstanceOf(WeightError);
  expect(error.message).toContain(file);
  expect(error.message).toMatch(message);
});

const good: SavedTree = { state_dict: { 'a.weight': dense(2, 3), 'b.bias': dense(4) }, step: 9 };

test.each(forms)('%s: cut anywhere, or with any byte changed, it is refused or gives places inside the file', async (_, write) => {
  const bytes = write(good);
  const file = written(bytes);
  const check = async (changed: Buffer): Promise<void> => {
    writeFileSync(file, changed);
    const result = await openTorchFile(file).catch(error => error);
    if (result instanceof WeightError) return;
    for (const info of result.tensors) expect(info.offset + info.length).toBeLessThanOrEqual(changed.length);
  };
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), length => check(bytes.subarray(0, length))),
    { numRuns: 60 },
  );
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
      const changed = Buffer.from(bytes);
      for (const [at, value] of changes) changed[at] = value;
      return check(changed);
    }),
    { numRuns: 200 },
  );
});

test('any pickle of random bytes is refused or read, in the time of its length', async () => {
  const file = written(Buffer.alloc(0));
  const opcodes = [
    ...'(01NJKMGXUT]})tla'.split('').map(c => c.charCodeAt(0)),
    0x71,
    0x72,
    0x68,
    0x85,
    0x86,
    0x87,
    0x65,
    0x75,
    0x73,
    0x52,
    0x62,
    0x2e,
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom(...opcodes), fc.nat(255)), { maxLength: 200 }), async list => {
      writeFileSync(file, entries(program(String.fromCharCode(...list))));
      const result = await openTorchFile(file).catch(error => error);
      expect(result instanceof WeightError || Array.isArray(result.tensors)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
