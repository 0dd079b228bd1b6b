// Reads the header of a .safetensors file: names, types, dims and places of its tensors. The numbers stay on disk.
//
//   u64 little-endian N | N bytes of JSON, padded with spaces | the tensors' bytes, without gaps
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { decodeText, eachEntry } from '../../config/json.ts';
import { cut, show } from '../../config/show.ts';
import { elements } from '../tensor.ts';
import { ELEMENT_BYTES, type TensorInfo, WeightError, type WeightSource, type WeightType } from './weight-source.ts';

const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100_000_000; // the format's own limit
const MOST_DIMS = 16;

/** A checkpoint in one file. */
export type Safetensors = WeightSource & {
  /** Every tensor, in the order of its bytes. */
  readonly tensors: readonly TensorInfo[];
  /** The file's `__metadata__`: texts by name; what is no text is left out. */
  readonly metadata: Readonly<Record<string, string>>;
};

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.length <= MOST_DIMS && value.every(isSize);

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
    const { text, start } = await readHeader(handle, size, fail);
    const { byName, metadata } = readEntries(text, file, { start, size }, fail);
    const tensors = [...byName.values()].sort((a, b) => a.offset - b.offset || a.length - b.length);
    checkTiling(tensors, start, size, fail);
    return { label: path, find: name => byName.get(name), names: () => byName.keys(), tensors, metadata };
  } catch (error) {
    if (error instanceof WeightError) throw error;
    throw fail(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    await handle?.close();
  }
};

type Fail = (reason: string, cause?: unknown) => WeightError;

const readHeader = async (handle: FileHandle, size: number, fail: Fail): Promise<{ text: string; start: number }> => {
  if (size < LENGTH_BYTES) throw fail(`is no safetensors file: it has ${size} bytes, the header's length alone takes ${LENGTH_BYTES}`);
  const length = (await bytesAt(handle, 0, LENGTH_BYTES, fail)).readBigUInt64LE();
  const room = size - LENGTH_BYTES;
  if (length > BigInt(Math.min(room, LARGEST_HEADER))) {
    const claim = `claims a header of ${length} bytes, but ${room} bytes follow (at most ${LARGEST_HEADER} are allowed)`;
    throw fail(`${claim}: truncated or no safetensors file`);
  }
  const bytes = await bytesAt(handle, LENGTH_BYTES, Number(length), fail);
  if (bytes[0] !== 0x7b) throw fail('the header does not begin with {: no safetensors file');
  return { text: decodeText(bytes, inHeader(fail)), start: LENGTH_BYTES + Number(length) };
};

const inHeader =
  (fail: Fail) =>
  (reason: string): WeightError =>
    fail(`the header ${reason}: truncated or no safetensors file`);

/** Bytes of the file at which the tensors' bytes begin and end. */
type Span = { readonly start: number; readonly size: number };

/** The tensors by name, and the metadata. A file that has a name twice is damaged or forged. */
const readEntries = (text: string, file: string, span: Span, fail: Fail) => {
  const byName = new Map<string, TensorInfo>();
  let metadata: Readonly<Record<string, string>> | undefined;
  eachEntry(text, inHeader(fail), (name, entry) => {
    const isMetadata = name === '__metadata__';
    if (isMetadata ? metadata : byName.has(name)) throw fail(`the header has ${cut(name)} twice`);
    if (isMetadata) metadata = readMetadata(entry);
    else byName.set(name, tensorInfo(name, entry, file, span, fail));
  });
  return { byName, metadata: metadata ?? {} };
};

const bytesAt = async (handle: FileHandle, position: number, length: number, fail: Fail): Promise<Buffer> => {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw fail(`ends inside the header, after ${position + bytesRead} bytes`);
  return buffer;
};

const tensorInfo = (name: string, entry: unknown, file: string, { start, size }: Span, failWith: Fail): TensorInfo => {
  const fail = (reason: string): WeightError => failWith(`${cut(name)}: ${reason}`);
  const dataBytes = size - start;
  if (!isObject(entry)) throw fail('the header has no description of it');
  const { dtype, shape: dims, data_offsets: place } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) throw fail(`unknown element type ${show(dtype)}`);
  if (!isSizes(dims)) throw fail(`shape ${show(dims)} is not a list of sizes`);
  if (!isSizes(place) || place.length !== 2) throw fail(`data_offsets ${show(place)} are not two positions`);
  const [begin, end] = place as [number, number];
  if (end < begin) throw fail(`ends at byte ${end}, before it begins at ${begin}`);
  if (end > dataBytes) throw fail(`ends at byte ${end} of the data, which has ${dataBytes}: the file is truncated`);
  const due = elements(dims) * ELEMENT_BYTES[dtype as WeightType];
  if (due !== end - begin) throw fail(`${dtype} [${dims.join(', ')}] takes ${due} bytes, the file gives it ${end - begin}`);
  return { name, dtype: dtype as WeightType, dims, file, offset: start + begin, length: end - begin };
};

/** Tensors have to cover the data exactly: no byte twice, none that belongs to nobody. */
const checkTiling = (tensors: readonly TensorInfo[], start: number, size: number, fail: Fail): void => {
  let end = start;
  let before = 'the header';
  for (const { name, offset, length } of tensors) {
    if (offset < end) throw fail(`${cut(name)}: shares bytes with ${cut(before)}`);
    if (offset > end) throw fail(`${cut(name)}: ${offset - end} bytes before it belong to no tensor`);
    end = offset + length;
    before = name;
  }
  if (end !== size) throw fail(`${size - end} bytes after ${cut(before)} belong to no tensor`);
};

/** Training scripts also leave numbers and lists there, which nothing here reads. */
const readMetadata = (value: unknown): Readonly<Record<string, string>> => {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
};
