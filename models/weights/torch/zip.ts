// Finds the entries of a zip file: names and places. Nothing is unpacked; torch stores its tensors as they are.
import type { FileHandle } from 'node:fs/promises';

/** One file inside a zip. */
export type ZipEntry = {
  readonly name: string;
  /** Bytes from the start of the file to the entry's local header. */
  readonly header: number;
  /** Bytes of the content. */
  readonly length: number;
  /** Whether the content lies in the zip as it is; `false` for compressed and encrypted entries. */
  readonly stored: boolean;
};

/** Makes the error that names the file. */
export type Fail = (reason: string, cause?: unknown) => Error;

const END = 0x06054b50; // "PK\5\6"
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const [END_BYTES, LOCATOR_BYTES, END_64_BYTES, CENTRAL_BYTES, LOCAL_BYTES] = [22, 20, 56, 46, 30];
const LONGEST_COMMENT = 0xffff;
const LARGEST_DIRECTORY = 64_000_000; // bytes; a checkpoint with a thousand tensors takes 0.1 MB
const WIDE = 0xffffffff; // "look into the zip64 field"

/** Exactly `length` bytes; refuses a place that is not inside the file. */
export const bytesAt = async (handle: FileHandle, position: number, length: number, fail: Fail): Promise<Buffer> => {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw fail(`ends after ${position + bytesRead} bytes, inside a record of ${length}: the file is truncated`);
  return buffer;
};

const wide = (bytes: Buffer, at: number, fail: Fail): number => {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw fail(`the zip claims a size of ${value} bytes`);
  return Number(value);
};

type Directory = { readonly count: number; readonly length: number; readonly start: number };

/** The end record, behind which only a comment may stand; with its 64-bit companion where it has one. */
const readEnd = async (handle: FileHandle, size: number, fail: Fail): Promise<Directory> => {
  const length = Math.min(size, END_BYTES + LONGEST_COMMENT);
  const tail = await bytesAt(handle, size - length, length, fail);
  let at = length - END_BYTES;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === length)) at--;
  if (at < 0) throw fail('the zip has no end record: the file is truncated');
  const small = { count: tail.readUInt16LE(at + 10), length: tail.readUInt32LE(at + 12), start: tail.readUInt32LE(at + 16) };
  const before = size - length + at - LOCATOR_BYTES;
  const locator = before >= 0 ? await bytesAt(handle, before, LOCATOR_BYTES, fail) : undefined;
  if (locator?.readUInt32LE(0) !== LOCATOR_64) return small;
  const place = wide(locator, 8, fail);
  if (place > before - END_64_BYTES) throw fail('the 64-bit end record of the zip lies outside of it');
  const end = await bytesAt(handle, place, END_64_BYTES, fail);
  if (end.readUInt32LE(0) !== END_64) throw fail('the zip has no 64-bit end record where it says');
  return { count: wide(end, 32, fail), length: wide(end, 40, fail), start: wide(end, 48, fail) };
};

/** Sizes and place of an entry that do not fit 32 bits stand in an extra field, in this order, each only where it is needed. */
const widen = (values: readonly number[], extra: Buffer, fail: Fail): number[] => {
  let field: Buffer | undefined;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return values.map(value => {
    if (value !== WIDE) return value;
    if (!field || at + 8 > field.length) throw fail('an entry of the zip has no 64-bit size');
    at += 8;
    return wide(field, at - 8, fail);
  });
};

/** The entries by name. Throws through `fail` when the directory is damaged, has a name twice, or points out of the file. */
export const readZip = async (handle: FileHandle, size: number, fail: Fail): Promise<ReadonlyMap<string, ZipEntry>> => {
  const { count, length, start } = await readEnd(handle, size, fail);
  if (start + length > size || length > LARGEST_DIRECTORY || count * CENTRAL_BYTES > length)
    throw fail(`the zip claims a directory of ${count} entries in ${length} bytes at ${start}, the file has ${size} bytes`);
  const bytes = await bytesAt(handle, start, length, fail);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > length || bytes.readUInt32LE(at) !== CENTRAL) throw fail(`entry ${i} of the zip's directory is damaged`);
    const [nameEnd, extraEnd] = [28, 30].map(field => bytes.readUInt16LE(at + field)) as [number, number];
    const [from, to] = [at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameEnd];
    if (to + extraEnd > length) throw fail(`entry ${i} of the zip's directory is damaged`);
    const name = bytes.toString('utf8', from, to);
    const sizes = [24, 20, 42].map(field => bytes.readUInt32LE(at + field));
    const [whole, packed, header] = widen(sizes, bytes.subarray(to, to + extraEnd), fail) as [number, number, number];
    if (entries.has(name)) throw fail(`the zip has ${name} twice`);
    if (header + LOCAL_BYTES + packed > size) throw fail(`${name} ends past the end of the zip: the file is truncated`);
    const encrypted = (bytes.readUInt16LE(at + 8) & 1) === 1;
    const stored = bytes.readUInt16LE(at + 10) === 0 && !encrypted && whole === packed;
    entries.set(name, { name, header, length: whole, stored });
    at = to + extraEnd + bytes.readUInt16LE(at + 32);
  }
  return entries;
};

/** Where the content of a stored entry begins, in bytes from the start of the file. */
export const contentStart = async (handle: FileHandle, size: number, entry: ZipEntry, fail: Fail): Promise<number> => {
  if (!entry.stored) throw fail(`${entry.name} is compressed or encrypted; torch stores its files as they are`);
  const local = await bytesAt(handle, entry.header, LOCAL_BYTES, fail);
  if (local.readUInt32LE(0) !== LOCAL) throw fail(`${entry.name} is not where the zip's directory says`);
  const start = entry.header + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + entry.length > size) throw fail(`${entry.name} ends past the end of the zip: the file is truncated`);
  return start;
};
