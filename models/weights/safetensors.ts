// Reads the header of a .safetensors file: names, types, dims and places of its tensors. The numbers stay on disk.
//
//   u64 little-endian N | N bytes of JSON, padded with spaces | the tensors' bytes, without gaps
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { elements } from '../tensor.ts';
import { duplicateKey } from './duplicate-key.ts';
import { ELEMENT_BYTES, type TensorInfo, WeightError, type WeightSource, type WeightType } from './weight-source.ts';

const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100_000_000; // the format's own limit

/** A checkpoint in one file. */
export type Safetensors = WeightSource & {
  /** Every tensor, in the order of its bytes. */
  readonly tensors: readonly TensorInfo[];
  /** The file's `__metadata__`: texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
};

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);

/**
 * Opens a .safetensors file by its header alone; memory does not grow with the file.
 * Throws a WeightError that names the file, and the tensor where there is one, when the file cannot be read, is cut
 * short, is not of this format, or when tensors overlap, leave gaps or disagree with their dims.
 */
export const openSafetensors = async (path: string): Promise<Safetensors> => {
  const fail = (reason: string, cause?: unknown): WeightError => new WeightError(`${path}: ${reason}`, { cause });
  let handle: FileHandle | undefined;
  try {
    const file = await realpath(path);
    handle = await open(file);
    const { size } = await handle.stat();
    const header = await readHeader(handle, size, fail);
    const start = size - header.dataBytes;
    const entries = Object.entries(header.json).filter(([name]) => name !== '__metadata__');
    const tensors = entries.map(([name, entry]) => tensorInfo(name, entry, file, start, header.dataBytes, fail));
    tensors.sort((a, b) => a.offset - b.offset || a.length - b.length);
    checkTiling(tensors, start, size, fail);
    const byName = new Map(tensors.map(info => [info.name, info]));
    const metadata = readMetadata(header.json.__metadata__, fail);
    return { label: path, find: name => byName.get(name), names: () => byName.keys(), tensors, metadata };
  } catch (error) {
    if (error instanceof WeightError) throw error;
    throw fail(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    await handle?.close();
  }
};

type Fail = (reason: string, cause?: unknown) => WeightError;

const readHeader = async (handle: FileHandle, size: number, fail: Fail): Promise<{ json: Json; dataBytes: number }> => {
  if (size < LENGTH_BYTES) throw fail(`is no safetensors file: it has ${size} bytes, the header's length alone takes ${LENGTH_BYTES}`);
  const length = (await bytesAt(handle, 0, LENGTH_BYTES, fail)).readBigUInt64LE();
  const room = size - LENGTH_BYTES;
  if (length > BigInt(Math.min(room, LARGEST_HEADER))) {
    throw fail(
      `claims a header of ${length} bytes, but ${room} bytes follow (at most ${LARGEST_HEADER} are allowed): truncated or no safetensors file`,
    );
  }
  const bytes = await bytesAt(handle, LENGTH_BYTES, Number(length), fail);
  if (bytes[0] !== 0x7b) throw fail('the header does not begin with {: no safetensors file');
  let json: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
    const twice = duplicateKey(text);
    if (twice !== undefined) throw fail(`the header has ${twice} twice`);
  } catch (error) {
    if (error instanceof WeightError) throw error;
    throw fail('the header is not JSON in UTF-8: truncated or no safetensors file', error);
  }
  if (!isObject(json)) throw fail('the header is not a JSON object');
  return { json, dataBytes: room - Number(length) };
};

const bytesAt = async (handle: FileHandle, position: number, length: number, fail: Fail): Promise<Buffer> => {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw fail(`ends inside the header, after ${position + bytesRead} bytes`);
  return buffer;
};

const tensorInfo = (name: string, entry: unknown, file: string, start: number, dataBytes: number, fail: Fail): TensorInfo => {
  if (!isObject(entry)) throw fail(`${name}: the header has no description of it`);
  const { dtype, shape: dims, data_offsets: place } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype))
    throw fail(`${name}: unknown element type ${JSON.stringify(dtype)}`);
  if (!isSizes(dims)) throw fail(`${name}: shape ${JSON.stringify(dims)} is not a list of sizes`);
  if (!isSizes(place) || place.length !== 2) throw fail(`${name}: data_offsets ${JSON.stringify(place)} are not two positions`);
  const [begin, end] = place as [number, number];
  if (end < begin) throw fail(`${name}: ends at byte ${end}, before it begins at ${begin}`);
  if (end > dataBytes) throw fail(`${name}: ends at byte ${end} of the data, which has ${dataBytes}: the file is truncated`);
  const due = elements(dims) * ELEMENT_BYTES[dtype as WeightType];
  if (due !== end - begin) throw fail(`${name}: ${dtype} [${dims.join(', ')}] takes ${due} bytes, the file gives it ${end - begin}`);
  return { name, dtype: dtype as WeightType, dims, file, offset: start + begin, length: end - begin };
};

/** Tensors have to cover the data exactly: no byte twice, none that belongs to nobody. */
const checkTiling = (tensors: readonly TensorInfo[], start: number, size: number, fail: Fail): void => {
  let end = start;
  let before = 'the header';
  for (const { name, offset, length } of tensors) {
    if (offset < end) throw fail(`${name}: shares bytes with ${before}`);
    if (offset > end) throw fail(`${name}: ${offset - end} bytes before it belong to no tensor`);
    end = offset + length;
    before = name;
  }
  if (end !== size) throw fail(`${size - end} bytes after ${before} belong to no tensor`);
};

const readMetadata = (value: unknown, fail: Fail): Record<string, string> => {
  if (value === undefined) return {};
  if (!isObject(value) || !Object.values(value).every(text => typeof text === 'string')) throw fail('__metadata__ is not a list of texts');
  return value as Record<string, string>;
};
