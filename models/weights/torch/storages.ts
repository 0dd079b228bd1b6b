// The two containers of torch.save: a zip (since 2020), and before that pickles in a row with the numbers behind them.
import type { FileHandle } from 'node:fs/promises';
import { ELEMENT_BYTES } from '../weight-source.ts';
import { PickleEnd, readPickle } from './pickle.ts';
import { type Pickled, type Storage, TensorClaim, TorchModule } from './values.ts';
import type { Place } from './windows.ts';
import { bytesAt, contentStart, type Fail, readZip } from './zip.ts';

/** What was saved, and where each storage's numbers lie. */
export type Saved = { readonly value: Pickled; readonly placeOf: (storage: Storage) => Promise<Place | undefined> };

type Source = { readonly handle: FileHandle; readonly file: string; readonly size: number; readonly fail: Fail };

const LARGEST_PICKLE = 100_000_000; // bytes; that of a Stable Diffusion checkpoint has 0.2 MB, with a training loop's state some more
const FIRST_READ = 4_000_000;
const NAMED = 4; // entries that a message lists
const MAGIC = 119547037146038801333356n; // 0x1950a86a20f9469cfc6c, before every older file
const PROTOCOL = 1001;

const ZIP = 0x04034b50;
const PICKLE = 0x80; // the opcode that tells the protocol, which every pickle since 2003 begins with
const NO_TORCH_FILE = 'is no torch file: it begins neither as a zip nor with the magic number of the older form';

/** Reads the structure of a torch file; throws through `fail` when it is none. */
export const readSaved = async (source: Source): Promise<Saved> => {
  const { handle, size, fail } = source;
  if (size < 4) throw fail(`is no torch file: it has ${size} bytes`);
  const head = await bytesAt(handle, 0, 4, fail);
  if (head.readUInt32LE() === ZIP) return readZipped(source);
  if (head[0] !== PICKLE) throw fail(NO_TORCH_FILE);
  return readOlder(source);
};

const readZipped = async ({ handle, file, size, fail }: Source): Promise<Saved> => {
  const entries = await readZip(handle, size, fail);
  const names = [...entries.keys()];
  const [pickle, ...more] = names.filter(name => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined || more.length > 0) throw fail('is a zip, but not of torch: it has no data.pkl');
  const packed = [...entries.values()].filter(entry => !entry.stored).map(({ name }) => name);
  if (packed.length > 0)
    throw fail(
      `${packed.slice(0, NAMED).join(', ')}: compressed or encrypted, but torch stores its files as they are; the zip was packed again`,
    );
  const root = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`)) throw fail('is a TorchScript program, not a file of weights');
  const content = async (name: string): Promise<Buffer> => {
    const entry = entries.get(name)!;
    if (entry.length > LARGEST_PICKLE) throw fail(`${name} claims ${entry.length} bytes, at most ${LARGEST_PICKLE} are read`);
    return bytesAt(handle, await contentStart(handle, size, entry, fail), entry.length, fail);
  };
  if (entries.has(`${root}byteorder`) && (await content(`${root}byteorder`)).toString('latin1').trim() !== 'little')
    throw fail('was written on a machine with big-endian numbers, which is not supported');
  const inPickle: Fail = (reason, cause) => fail(`${pickle}: ${reason}`, cause);
  const { value } = readWhole(await content(pickle), 0, inPickle);
  return {
    value,
    async placeOf({ key }) {
      const entry = entries.get(`${root}data/${key}`);
      return entry && { file, offset: await contentStart(handle, size, entry, fail), length: entry.length };
    },
  };
};

const readWhole = (bytes: Buffer, start: number, fail: Fail): { value: Pickled; end: number } => {
  try {
    return readPickle(bytes, start, fail);
  } catch (error) {
    throw error instanceof PickleEnd ? fail(error.message) : error;
  }
};

/**
 * Magic number, protocol, machine, what was saved, keys of the storages: five pickles. Then for each storage a count (8 bytes), numbers.
 */
const readOlder = async ({ handle, file, size, fail }: Source): Promise<Saved> => {
  for (let length = Math.min(size, FIRST_READ); ; length = Math.min(size, LARGEST_PICKLE, 4 * length)) {
    const bytes = await bytesAt(handle, 0, length, fail);
    try {
      const magic = readPickle(bytes, 0, fail);
      if (magic.value !== MAGIC) throw fail(NO_TORCH_FILE);
      const protocol = readPickle(bytes, magic.end, fail);
      if (protocol.value !== PROTOCOL) throw fail(`is of torch's protocol ${String(protocol.value)}, which is not known`);
      const machine = readPickle(bytes, protocol.end, fail);
      const saved = readPickle(bytes, machine.end, fail);
      const keys = readPickle(bytes, saved.end, fail);
      const places = await olderPlaces(keys.value, keys.end, storagesIn(saved.value), { handle, file, size, fail });
      return { value: saved.value, placeOf: async ({ key }) => places.get(key) };
    } catch (error) {
      if (!(error instanceof PickleEnd)) throw error;
      if (length >= Math.min(size, LARGEST_PICKLE)) throw fail(`is no torch file, or truncated: ${error.message}`);
    }
  }
};

/** Every storage that a tensor of the tree lies in, by key. */
const storagesIn = (root: Pickled): Map<string, Storage> => {
  const found = new Map<string, Storage>();
  const visited = new Set<Pickled>();
  const queue: Pickled[] = [root];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (value instanceof TorchModule) queue.push(value.attributes as Map<Pickled, Pickled>);
    if (value instanceof TensorClaim) found.set(value.storage.key, value.storage);
    if (!(Array.isArray(value) || value instanceof Map) || visited.has(value)) continue;
    visited.add(value);
    for (const inner of value instanceof Map ? value.values() : value) queue.push(inner);
  }
  return found;
};

const olderPlaces = async (
  keys: Pickled,
  start: number,
  storages: ReadonlyMap<string, Storage>,
  { handle, file, size, fail }: Source,
): Promise<Map<string, Place>> => {
  const places = new Map<string, Place>();
  let at = start;
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw fail(`has a storage ${String(key)} that no tensor names, so that its size is not known`);
    const count = Number((await bytesAt(handle, at, 8, fail)).readBigUInt64LE());
    const length = count * ELEMENT_BYTES[storage.dtype];
    if (at + 8 + length > size) throw fail(`storage ${storage.key} ends past the end of the file: it is truncated`);
    places.set(storage.key, { file, offset: at + 8, length });
    at += 8 + length;
  }
  return places;
};
