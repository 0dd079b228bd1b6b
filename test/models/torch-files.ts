// Writes what torch.save writes, opcode by opcode, so that tests need no Python: a zip of a pickle and its storages, or the older form.
import { crc32 } from 'node:zlib';

type Size = readonly number[];
/** A tensor over a storage of float32 numbers. */
export type Saved = { readonly size: Size; readonly stride?: Size; readonly offset?: number; readonly data: Float32Array };
export type SavedTree = Saved | string | number | SavedObject | { readonly [key: string]: SavedTree };

/**
 * An object of torch.nn: its class, as `container ParameterDict`, and what its attributes hold. Parameters are wrapped as torch wraps them.
 */
export class SavedObject {
  readonly type: string;
  readonly parts: Readonly<Record<'parameters' | 'buffers' | 'modules', Readonly<Record<string, SavedTree>>>>;
  /** Names of buffers that `state_dict()` leaves out. */
  readonly left: readonly string[];

  constructor(type: string, parts: Partial<SavedObject['parts']>, left: readonly string[] = []) {
    this.type = type;
    this.parts = { parameters: {}, buffers: {}, modules: {}, ...parts };
    this.left = left;
  }
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const integer = (value: number): Buffer => Buffer.concat([Buffer.from('J'), u32(value >>> 0)]);
const text = (value: string): Buffer => Buffer.concat([Buffer.from('X'), u32(Buffer.byteLength(value)), Buffer.from(value)]);
const tuple = (values: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from('('), ...values, Buffer.from('t')]);
const rowMajor = (size: Size): number[] => size.map((_, i) => size.slice(i + 1).reduce((a, b) => a * b, 1));

const isSaved = (tree: SavedTree): tree is Saved => typeof tree === 'object' && 'data' in tree && tree.data instanceof Float32Array;

/** The pickle of a tree of protocol 2, and its storages in order. */
export const pickleOf = (tree: SavedTree, older = false): { pickle: Buffer; storages: Float32Array[] } => {
  const storages: Float32Array[] = [];
  const entries = (tree: Readonly<Record<string, SavedTree>>, spell: (node: SavedTree) => Buffer): Buffer =>
    Buffer.concat([Buffer.from('('), ...Object.entries(tree).flatMap(([key, value]) => [text(key), spell(value)]), Buffer.from('u')]);
  const ordered = (tree: Readonly<Record<string, SavedTree>>, spell: (node: SavedTree) => Buffer): Buffer =>
    Buffer.concat([Buffer.from('ccollections\nOrderedDict\n)R'), entries(tree, spell)]);
  const parameter = (node: SavedTree): Buffer =>
    Buffer.concat([
      Buffer.from('ctorch._utils\n_rebuild_parameter\n'),
      tuple([write(node), Buffer.from([0x88]), Buffer.from('ccollections\nOrderedDict\n)R')]),
      Buffer.from('R'),
    ]);
  const object = ({ type, parts, left }: SavedObject): Buffer =>
    Buffer.concat([
      Buffer.from(`ctorch.nn.modules.${type.replace(' ', '\n')}\n)`),
      Buffer.from([0x81]), // NEWOBJ
      Buffer.from('}('),
      ...[text('training'), Buffer.from([0x88])],
      ...[text('_parameters'), ordered(parts.parameters, parameter)],
      ...[text('_buffers'), ordered(parts.buffers, write)],
      ...[text('_non_persistent_buffers_set'), Buffer.from('c__builtin__\nset\n](')],
      ...[...left.map(text), Buffer.from('e'), Buffer.from([0x85]), Buffer.from('R')],
      ...[text('_forward_hooks'), ordered({}, write)],
      ...[text('_modules'), ordered(parts.modules, write)],
      Buffer.from('ub'),
    ]);
  const write = (node: SavedTree): Buffer => {
    if (typeof node === 'string') return text(node);
    if (typeof node === 'number') return integer(node);
    if (node instanceof SavedObject) return object(node);
    if (!isSaved(node)) return Buffer.concat([Buffer.from('}'), entries(node, write)]);
    if (!storages.includes(node.data)) storages.push(node.data);
    const key = String(storages.indexOf(node.data));
    const view = older ? [Buffer.from('N')] : [];
    const id = tuple([text('storage'), Buffer.from('ctorch\nFloatStorage\n'), text(key), text('cpu'), integer(node.data.length), ...view]);
    const sizes = [node.size, node.stride ?? rowMajor(node.size)].map(list => tuple(list.map(integer)));
    const hooks = Buffer.from('ccollections\nOrderedDict\n)R');
    const args = [Buffer.concat([id, Buffer.from('Q')]), integer(node.offset ?? 0), ...sizes, Buffer.from([0x89]), hooks];
    return Buffer.concat([Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n'), tuple(args), Buffer.from('R')]);
  };
  const body = write(tree);
  return { pickle: Buffer.concat([Buffer.from([0x80, 2]), body, Buffer.from('.')]), storages };
};

export type ZipFile = { readonly name: string; readonly data: Uint8Array };

/** A zip of stored files, whose contents begin at multiples of 64 bytes as torch's do. */
export const zipOf = (files: readonly ZipFile[], { wide = false } = {}): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data } of files) {
    const start = at;
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt32LE(crc32(data), 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt32LE(data.length, 22);
    head.writeUInt16LE(name.length, 26);
    const padding = (64 - ((at + 34 + name.length) % 64)) % 64;
    head.writeUInt16LE(4 + padding, 28);
    const extra = Buffer.alloc(4 + padding);
    extra.write('FB', 0, 'latin1');
    extra.writeUInt16LE(padding, 2);
    parts.push(head, Buffer.from(name), extra, Buffer.from(data));
    at += 34 + name.length + padding + data.length;
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    head.copy(entry, 10, 8, 28);
    entry.writeUInt16LE(name.length, 28);
    const field = Buffer.alloc(wide ? 28 : 0);
    if (wide) {
      field.writeUInt16LE(1, 0);
      field.writeUInt16LE(24, 2);
      [data.length, data.length, start].forEach((value, i) => void field.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
      for (const place of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, place);
      entry.writeUInt16LE(field.length, 30);
    } else entry.writeUInt32LE(start, 42);
    directory.push(entry, Buffer.from(name), field);
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(wide ? 0xffffffff : list.length, 12);
  end.writeUInt32LE(wide ? 0xffffffff : at, 16);
  const end64 = Buffer.alloc(wide ? 76 : 0);
  if (wide) {
    end64.writeUInt32LE(0x06064b50, 0);
    [files.length, list.length, at].forEach((value, i) => void end64.writeBigUInt64LE(BigInt(value), 32 + 8 * i));
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(at + list.length), 64);
  }
  return Buffer.concat([...parts, list, end64, end]);
};

const bytesOf = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** The bytes of `torch.save(tree)`. */
export const torchZip = (tree: SavedTree, options: { wide?: boolean } = {}): Buffer => {
  const { pickle, storages } = pickleOf(tree);
  const data = storages.map((numbers, i) => ({ name: `archive/data/${i}`, data: bytesOf(numbers) }));
  return zipOf([{ name: 'archive/data.pkl', data: pickle }, ...data, { name: 'archive/version', data: Buffer.from('3\n') }], options);
};

/** The bytes of `torch.save(tree, _use_new_zipfile_serialization=False)`. */
export const torchOlder = (tree: SavedTree): Buffer => {
  const { pickle, storages } = pickleOf(tree, true);
  const magic = Buffer.concat([Buffer.from([0x80, 2, 0x8a, 10]), Buffer.from('6cfc9c46f9206aa85019', 'hex'), Buffer.from('.')]);
  const protocol = Buffer.from([0x80, 2, 0x4d, 0xe9, 0x03, 0x2e]);
  const machine = Buffer.concat([Buffer.from([0x80, 2]), Buffer.from('}('), text('little_endian'), Buffer.from([0x88]), Buffer.from('u.')]);
  const keys = Buffer.concat([Buffer.from([0x80, 2]), Buffer.from(']('), ...storages.map((_, i) => text(String(i))), Buffer.from('e.')]);
  const data = storages.flatMap(numbers => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(numbers.length));
    return [count, bytesOf(numbers)];
  });
  return Buffer.concat([magic, protocol, machine, pickle, keys, ...data]);
};
