// Files of weights: safetensors, torch's zips and pickles, checkpoints in one file.
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { inspectModel } from '../../../models/inspect/inspect.ts';
import { elements, type Tensor } from '../../../models/tensor.ts';
import { modelDigest } from '../../../models/weights/digest.ts';
import { openWeights } from '../../../models/weights/open-weights.ts';
import { pickleOf, type SavedTree, torchOlder, torchZip, zipOf } from '../../models/torch-files.ts';
import { noise } from '../../support/noise.ts';
import { safetensorsBytes } from '../../support/safetensors.ts';
import { ldmState, tinySd } from '../../support/tiny-sd.ts';
import { damageBytes } from '../damage-bytes.ts';
import { damageJson, strangeText } from '../damage-json.ts';
import { joined, split } from '../fixtures.ts';
import type { Random } from '../random.ts';
import { type Target, type Try, withBytes, write } from '../target.ts';

const open = async (file: string): Promise<void> => {
  const { tensors } = await openWeights(file);
  await modelDigest([], tensors.slice(0, 20));
};

const safetensors: Target = {
  name: 'safetensors',
  inputs: 600,
  prepare(folder): Try {
    const file = join(folder, 'a.safetensors');
    const good = safetensorsBytes({ alpha: noise('a', [4, 3]), 'beta.weight': noise('b', [5]), empty: noise('c', [0, 2]) });
    const { header, data } = split(good);
    const full = { __metadata__: { format: 'pt', note: 'x' }, ...header };
    write(file, good);
    return random =>
      withBytes(file, random.chance(0.4) ? damageBytes(good, random) : joined(damageJson(full, random), data), () => open(file));
  },
};

const TREE: SavedTree = {
  state_dict: {
    'a.weight': { size: [2, 3], data: new Float32Array(6) },
    turned: { size: [3, 2], stride: [1, 3], data: new Float32Array(6) },
    part: { size: [2], offset: 1, data: new Float32Array(4) },
  },
  step: 7,
  name: 'x',
};

const OPCODES = [...'(Nt.0125GJKMXUTBCRQ]})}abcdehijlqrsuo\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x8d\x8f\x90\x93\x94\x95'].map(c =>
  c.charCodeAt(0),
);
const GLOBALS = [
  'ctorch\nFloatStorage\n',
  'ctorch._utils\n_rebuild_tensor_v2\n',
  'ccollections\nOrderedDict\n',
  'cos\nsystem\n',
  'ctorch\nSize\n',
];

/** A pickle of random opcodes with small arguments. */
const randomPickle = (random: Random): Buffer => {
  const parts: Buffer[] = [Buffer.from([0x80, 2])];
  for (let i = random.below(200); i > 0; i--) {
    if (random.chance(0.1)) parts.push(Buffer.from(random.pick(GLOBALS)));
    else if (random.chance(0.2)) parts.push(Buffer.from([0x8c, 3]), Buffer.from(random.pick(['sto', 'abc', '012'])));
    else if (random.chance(0.3)) parts.push(Buffer.from([0x4b, random.below(8)]));
    else parts.push(Buffer.from([random.pick(OPCODES), ...(random.chance(0.3) ? [random.below(6)] : [])]));
  }
  return Buffer.concat([...parts, Buffer.from('.')]);
};

const torch: Target = {
  name: 'torch',
  inputs: 700,
  prepare(folder): Try {
    const file = join(folder, 'a.pt');
    const [zip, wide, older] = [torchZip(TREE), torchZip(TREE, { wide: true }), torchOlder(TREE)];
    const { pickle, storages } = pickleOf(TREE);
    const data = storages.map((numbers, i) => ({ name: `archive/data/${i}`, data: Buffer.from(numbers.buffer) }));
    const packed = (bytes: Buffer) => zipOf([{ name: 'archive/data.pkl', data: bytes }, ...data]);
    write(file, zip);
    return random => {
      const kinds = [
        () => damageBytes(random.pick([zip, wide, older]), random),
        () => packed(damageBytes(pickle, random)),
        () => packed(randomPickle(random)),
      ];
      return withBytes(file, random.pick(kinds)(), () => open(file));
    };
  },
};

const INDICES = ['0', '1', '7', '130', '9999', '12345', '99999999999', '-1', '1e9', ''];

/** Other numbers and words in some names. */
const renamed = (header: Readonly<Record<string, unknown>>, random: Random): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(header).map(([name, value]) => {
      if (!random.chance(0.03)) return [name, value];
      const parts = name.split('.');
      const at = random.below(parts.length);
      parts[at] = /^\d+$/.test(parts[at]!) ? random.pick(INDICES) : strangeText(random);
      return [parts.join('.'), value];
    }),
  );

/** The header of a file of some tensors, and the bytes of its data, which stay holes: names and dims alone are looked at. */
const headerOf = (tensors: Readonly<Record<string, Tensor>>): { header: Record<string, unknown>; size: number } => {
  let size = 0;
  const entries = Object.entries(tensors).map(([name, { dims }]) => {
    const begin = size;
    size += 4 * elements(dims);
    return [name, { dtype: 'F32', shape: dims, data_offsets: [begin, size] }];
  });
  return { header: Object.fromEntries(entries), size };
};

/** Whole models in one file, in the first names: names and dims say what they hold. */
const checkpoint: Target = {
  name: 'checkpoint',
  inputs: 16,
  prepare(folder): Try {
    const file = join(folder, 'model.safetensors');
    const sources = ([1, 2] as const).map(family => headerOf(ldmState(tinySd(family))));
    write(file, '');
    return random => {
      const { header, size } = random.pick(sources);
      const json = random.chance(0.8) ? Buffer.from(JSON.stringify(renamed(header, random))) : damageJson(header, random);
      return withBytes(file, joined(json, Buffer.alloc(0)), () => {
        truncateSync(file, 8 + json.length + size);
        return inspectModel(file);
      });
    };
  },
};

export const WEIGHT_TARGETS: readonly Target[] = [safetensors, torch, checkpoint];
