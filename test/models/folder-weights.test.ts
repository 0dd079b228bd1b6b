import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { openFolderWeights } from '../../models/weights/folder-weights.ts';
import { WeightError } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { noise } from './graphs.ts';
import { torchZip } from './torch-files.ts';

const root = temporaryFolder();
let count = 0;

/** A folder with these files, each with one tensor named by its file. */
const folderOf = (...files: string[]): string => {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  for (const file of files) {
    const tensor = noise(file, [2]);
    const bytes = file.endsWith('.bin')
      ? torchZip({ [file]: { size: tensor.dims, data: tensor.data } })
      : safetensorsBytes({ [file]: tensor });
    writeFileSync(join(folder, file), bytes);
  }
  return folder;
};

const PLAIN = 'diffusion_pytorch_model.safetensors';
const choices: [files: string[], variant: string | undefined, chosen: string | undefined][] = [
  [[PLAIN, 'diffusion_pytorch_model.fp16.safetensors', 'diffusion_pytorch_model.bin'], undefined, PLAIN],
  [[PLAIN, 'diffusion_pytorch_model.fp16.safetensors'], 'fp16', 'diffusion_pytorch_model.fp16.safetensors'],
  [['diffusion_pytorch_model.bin', 'diffusion_pytorch_model.fp16.safetensors'], undefined, 'diffusion_pytorch_model.bin'],
  [['diffusion_pytorch_model.fp16.bin', 'diffusion_pytorch_model.fp16.safetensors'], 'fp16', 'diffusion_pytorch_model.fp16.safetensors'],
  [['diffusion_pytorch_model.non_ema.safetensors', 'diffusion_pytorch_model.fp16.bin'], undefined, 'diffusion_pytorch_model.fp16.bin'],
  [['model.bf16.safetensors'], undefined, 'model.bf16.safetensors'],
  [['pytorch_model.bin', 'model.safetensors'], undefined, 'model.safetensors'],
  [['pytorch_model.bin'], undefined, 'pytorch_model.bin'],
  [['diffusion_flax_model.msgpack', 'optimizer.bin'], undefined, undefined],
  [['model-00001-of-00002.safetensors'], undefined, undefined],
];

test.each(choices)('of %j with variant %s, %s is read', async (files, variant, chosen) => {
  const weights = await openFolderWeights(folderOf(...files), variant);
  expect(weights && [...weights.names()]).toEqual(chosen && [chosen]);
});

test('a variant that is not there is refused with what is', async () => {
  await expect(openFolderWeights(folderOf(PLAIN, 'model.fp16.bin'), 'bf16')).rejects.toThrow(
    /no weights of variant bf16; there are diffusion_pytorch_model\.safetensors, model\.fp16\.bin/,
  );
});

const SHARDS = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const indexed = (map: unknown, name = 'model.safetensors.index.json'): string => {
  const folder = folderOf(...SHARDS);
  writeFileSync(join(folder, name), typeof map === 'string' ? map : JSON.stringify({ weight_map: map }));
  return folder;
};
const WHOLE = Object.fromEntries(SHARDS.map(file => [file, file]));

test.each(['model.safetensors.index.json', 'model.safetensors.index.fp16.json', 'model.fp16.safetensors.index.json'])(
  '%s stands for its files',
  async name => {
    const weights = await openFolderWeights(indexed(WHOLE, name));
    expect(weights?.tensors.map(info => basename(info.file))).toEqual(SHARDS);
  },
);

const broken: [what: string, map: unknown, message: RegExp][] = [
  ['no JSON', '{', /index\.json: is not JSON/],
  ['null', 'null', /has no weight_map/],
  ['an empty map', {}, /has no weight_map/],
  ['a file outside of the folder', { a: '../model.safetensors' }, /a is in "\.\.\/model\.safetensors", expects the name of a file beside/],
  ['a number', { a: 3 }, /a is in 3/],
  ['a tensor that is elsewhere', { b: SHARDS[0] }, /says that b is in model-00001-of-00002\.safetensors, which does not hold it/],
  ['a file that is not there', { a: 'model-3.safetensors' }, /model-3\.safetensors: cannot be read/],
];

test.each(broken)('an index with %s is refused', async (_, map, message) => {
  const error = await openFolderWeights(indexed(map)).catch(cause => cause);
  expect(error).toBeInstanceOf(WeightError);
  expect(error.message).toMatch(message);
});
