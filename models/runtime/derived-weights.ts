// What follows from weights alone, computed once and kept in files by content: later sessions map them, as they map the checkpoint itself.
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { userCache } from '../../config/paths.ts';
import type { Derived, NetworkGraph } from '../onnx/network-graph.ts';
import { elements } from '../tensor.ts';
import { modelDigest } from '../weights/digest.ts';
import { ELEMENT_BYTES, type TensorInfo } from '../weights/weight-source.ts';

/** Where such files lie, and in how many bytes; the longest unused go first, those of the last minutes stay. */
export type DerivedShelf = { readonly folder: string; readonly limit: number };

/** Where they lie unless another place is named: in the user's cache. */
export const derivedFolder = (): string => join(userCache(), 'derived');

const VERSION = 1; // of what is computed, and of the files
const ENDINGS = { F32: '.f32', I8: '.i8' } as const;
const SEAL = 32; // bytes behind the numbers: a digest of samples of them
const [SAMPLE, STRIDE] = [4096, 2 ** 20]; // bytes, and how far apart
const FRESH = 600_000; // milliseconds: a run that found a file has opened it by then
const DAY = 86_400_000; // milliseconds
const SPARE = 2e9; // bytes that stay free on the disk

/** A digest over samples of some bytes: those that a torn write or a truncation leaves out are seen, a single changed bit may not be. */
const sealOf = (length: number, read: (at: number, size: number) => Uint8Array): Buffer => {
  const hash = createHash('sha256').update(String(length));
  for (let at = 0; at < length; at += STRIDE) hash.update(read(at, Math.min(SAMPLE, length - at)));
  return hash.digest();
};

/** Whether a file is there and whole. */
const isWhole = (path: string, length: number): boolean => {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const read = (at: number, size: number): Uint8Array => {
      const bytes = new Uint8Array(size);
      return bytes.subarray(0, readSync(file, bytes, 0, size, at));
    };
    return fstatSync(file).size === length + SEAL && sealOf(length, read).equals(read(length, SEAL));
  } finally {
    closeSync(file);
  }
};

const write = async (path: string, numbers: Float32Array | Int8Array): Promise<void> => {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const part = `${path}.${randomUUID()}.part`; // two runs may write the same file: either is whole
  try {
    const file = await open(part, 'wx');
    try {
      await file.writeFile(bytes);
      await file.writeFile(sealOf(bytes.length, (at, size) => bytes.subarray(at, at + size)));
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
};

/** A file of such weights: its bytes, and when it was last used, milliseconds since 1970. */
export type DerivedFile = { readonly path: string; readonly bytes: number; readonly used: number };

/** Those of a folder, the latest used first. */
export const derivedFiles = async (folder: string, endings: readonly string[] = Object.values(ENDINGS)): Promise<DerivedFile[]> => {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    names
      .filter(name => endings.some(ending => name.endsWith(ending)))
      .map(async name => {
        const path = join(folder, name);
        const found = await stat(path).catch(() => undefined); // another run removed it
        return found ? [{ path, bytes: found.size, used: found.mtimeMs }] : [];
      }),
  );
  return files.flat().sort((a, b) => b.used - a.used);
};

/** Removes the longest unused files beyond the limit, and what interrupted runs left. */
const prune = async ({ folder, limit }: DerivedShelf): Promise<void> => {
  const now = Date.now();
  const remove = (path: string): Promise<void> => rm(path, { force: true }).catch(() => undefined); // mapped by another run on Windows
  let sum = 0;
  for (const { path, bytes, used } of await derivedFiles(folder)) {
    sum += bytes;
    if (sum > limit && now - used > FRESH) await remove(path);
  }
  for (const { path, used } of await derivedFiles(folder, ['.part'])) if (now - used > DAY) await remove(path);
};

/** The file of each, by its name in the graph. */
const pathsOf = async (derived: readonly Derived[], folder: string): Promise<ReadonlyMap<Derived, string>> => {
  const paths = new Map<Derived, string>();
  for (const each of derived) {
    const { how, weight, dims, dtype } = each;
    const { changes = [] } = weight;
    const factors = changes.map(({ factor }) => factor);
    const digest = await modelDigest([JSON.stringify([VERSION, how, dims, factors])], [weight, ...changes.flatMap(c => [c.up, c.down])]);
    paths.set(each, join(folder, `${digest}${ENDINGS[dtype]}`));
  }
  return paths;
};

const lengthOf = ({ dims, dtype }: Derived): number => ELEMENT_BYTES[dtype] * elements(dims);

/**
 * Finds what a graph needs that follows from weights alone, and computes what is not there.
 * @param compute runs a graph for its output `y`
 * @returns places by name. What cannot be kept is missing: a folder that cannot be written or is on another drive, or a disk without room
 */
export const placeDerived = async (
  derived: readonly Derived[],
  shelf: DerivedShelf,
  compute: (graph: NetworkGraph) => Promise<Float32Array>,
): Promise<ReadonlyMap<string, TensorInfo>> => {
  const drive = (path: string): string => parse(path).root.toLowerCase();
  const paths = await pathsOf(
    derived.filter(({ weight }) => drive(weight.file) === drive(shelf.folder)),
    shelf.folder,
  );
  const there = [...paths].filter(([each, path]) => isWhole(path, lengthOf(each)));
  const found = new Set(there.map(([each]) => each));
  const now = new Date();
  await Promise.all(there.map(([, path]) => utimes(path, now, now).catch(() => undefined))); // used: a read-only folder serves, too
  const missing = [...paths].filter(([each]) => !found.has(each));
  if (missing.length > 0) await computeMissing(missing, shelf, compute, each => void found.add(each));
  const placed = [...paths].filter(([each]) => found.has(each));
  return new Map(
    placed.map(([each, file]) => {
      const { name, dtype, dims } = each;
      return [name, { name, dtype, dims, file, offset: 0, length: lengthOf(each) }];
    }),
  );
};

/** Computes and writes one after the other, and ends early where the disk does not take them. */
const computeMissing = async (
  missing: readonly (readonly [Derived, string])[],
  shelf: DerivedShelf,
  compute: (graph: NetworkGraph) => Promise<Float32Array>,
  onWritten: (derived: Derived) => void,
): Promise<void> => {
  const bytes = missing.reduce((sum, [each]) => sum + lengthOf(each), 0);
  try {
    await mkdir(shelf.folder, { recursive: true });
    await prune(shelf);
    const { bavail, bsize } = await statfs(shelf.folder);
    if (bavail * bsize < bytes + SPARE) return;
  } catch {
    return;
  }
  for (const [each, path] of missing) {
    const numbers = await compute(each.graph());
    try {
      await write(path, each.dtype === 'I8' ? Int8Array.from(numbers) : numbers);
    } catch {
      return;
    }
    onWritten(each);
  }
};
