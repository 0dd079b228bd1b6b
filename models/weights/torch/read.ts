// Opens what torch.save wrote (.ckpt, .pt, .pth, .bin) as data: dictionaries, texts, numbers, places of tensors. Tensors stay on disk.
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { type TensorInfo, WeightError, type WeightSource } from '../weight-source.ts';
import { readSaved, type Saved } from './storages.ts';
import { copyInOrder } from './strided.ts';
import { type Pickled, TensorClaim, TorchModule } from './values.ts';
import { openWindow, type Place, type Window } from './windows.ts';
import type { Fail } from './zip.ts';

/** A tensor of a torch file: where its numbers stand, row by row. */
export class TorchTensor {
  readonly info: TensorInfo;

  constructor(info: TensorInfo) {
    this.info = info;
  }
}

/** What was saved. Lists, tuples and sets are arrays; a dictionary's keys are texts; null also stands for what is no data. */
export type TorchValue = null | boolean | number | bigint | string | Uint8Array | TorchTensor | readonly TorchValue[] | TorchDictionary;
export type TorchDictionary = ReadonlyMap<string, TorchValue>;

export type TorchFile = WeightSource & {
  /** All of what was saved, with tensors in their places; a tensor's name is its way there, as `string_to_param.*`. */
  readonly value: TorchValue;
  /** The weights: every tensor below `state_dict` where there is one, else every tensor, by name. */
  readonly tensors: readonly TensorInfo[];
};

const DEEPEST = 64;
const MOST_VALUES = 2_000_000;
const WRAPPERS = ['state_dict'];

type Visit = (claim: TensorClaim, name: string) => TorchValue;

/** The pickle's tree with its tensors replaced. A tree that holds itself, or is far larger than the file that tells it, is refused. */
const settle = (root: Pickled, visit: Visit, fail: Fail): TorchValue => {
  let count = 0;
  const at = (value: Pickled, way: readonly string[]): TorchValue => {
    if (++count > MOST_VALUES || way.length > DEEPEST) throw fail('the pickle nests or repeats its values beyond measure');
    if (value instanceof TensorClaim) return visit(value, way.join('.'));
    if (value instanceof TorchModule) {
      count += value.size;
      return at(value.held(), way);
    }
    if (Array.isArray(value)) return value.map((item, i) => at(item, [...way, String(i)]));
    if (value instanceof Map) {
      const keys = [...value.keys()].filter(key => ['string', 'number', 'bigint'].includes(typeof key));
      count += value.size - keys.length;
      return new Map(keys.map(key => [String(key), at(value.get(key)!, [...way, String(key)])]));
    }
    if (typeof value === 'object' && value !== null) return value instanceof Uint8Array ? Uint8Array.from(value) : null;
    return value;
  };
  return at(root, []);
};

/** Checks every tensor, and finds its bytes: in the file itself, or in a copy where they stand in another order there. */
const placeTensors = async (root: Pickled, { placeOf }: Saved, fail: Fail): Promise<Map<TensorClaim, Window>> => {
  const names = new Map<TensorClaim, string>();
  const note: Visit = (claim, name) => {
    if (!names.has(claim)) names.set(claim, name);
    return null;
  };
  settle(root, note, fail);
  const places = new Map<string, Place | undefined>();
  const windows = new Map<TensorClaim, Window>();
  for (const [claim, name] of names) {
    const { key } = claim.storage;
    if (!places.has(key)) places.set(key, await placeOf(claim.storage));
    windows.set(claim, openWindow(name, claim, places.get(key), fail));
  }
  const strided = [...windows].filter(([, window]) => window.strides);
  if (strided.length === 0) return windows;
  const copies = await copyInOrder(strided.map(([, window]) => window));
  for (const [i, [claim]] of strided.entries()) windows.set(claim, copies[i]!);
  return windows;
};

/** Every tensor of a value, by its way from there. */
const tensorsIn = (value: TorchValue, way: readonly string[] = []): [string, TensorInfo][] => {
  if (value instanceof TorchTensor) return [[way.join('.'), value.info]];
  if (value instanceof Map) return [...value].flatMap(([key, inner]) => tensorsIn(inner, [...way, key]));
  return Array.isArray(value) ? value.flatMap((inner: TorchValue, i) => tensorsIn(inner, [...way, String(i)])) : [];
};

/**
 * Opens a torch file by its structure alone; memory does not grow with its tensors, and nothing of it is ever run.
 * Throws a WeightError that names the file, and the tensor, name, opcode or entry with its place, when the file is damaged,
 * asks for anything but plain tensors and values, or claims what it does not hold.
 */
export const openTorchFile = async (path: string): Promise<TorchFile> => {
  const fail = (reason: string, cause?: unknown): WeightError => new WeightError(`${path}: ${reason}`, { cause });
  let handle: FileHandle | undefined;
  try {
    const file = await realpath(path);
    handle = await open(file);
    const { size } = await handle.stat();
    const saved = await readSaved({ handle, file, size, fail });
    const windows = await placeTensors(saved.value, saved, fail);
    const infoOf = (claim: TensorClaim, name: string): TensorInfo => {
      const { dtype, dims, file, offset, length } = windows.get(claim)!;
      return { name, dtype, dims, file, offset, length };
    };
    const value = settle(saved.value, (claim, name) => new TorchTensor(infoOf(claim, name)), fail);
    const inner = value instanceof Map ? WRAPPERS.map(key => value.get(key)).find(each => each instanceof Map) : undefined;
    const tensors = tensorsIn(inner ?? value).map(([name, info]) => ({ ...info, name }));
    const byName = new Map(tensors.map(info => [info.name, info]));
    return { label: path, find: name => byName.get(name), names: () => byName.keys(), tensors, value };
  } catch (error) {
    if (error instanceof WeightError) throw error;
    throw fail(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    await handle?.close();
  }
};
