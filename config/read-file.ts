// Reads files that hold text and not pictures or weights: whole, but never more than such files have.
import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';

const LARGEST = 100_000_000; // bytes; the largest tokenizers have 35 MB

/** A file is no ordinary file, or larger than any file of text that is read here. */
export class UnreadableFile extends Error {}

/** Configs are asked for by several who open a model: those read last stay at hand, for as long as the file is the same. */
const RECENT = { files: 64, bytes: 1 << 20 };
const recent = new Map<string, { readonly version: string; readonly bytes: Buffer }>();

/** Changes with every change of a file. */
const versionOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string => [dev, ino, size, mtimeNs, ctimeNs].join(' ');

const readWhole = async (path: string): Promise<Buffer> => {
  const file = await open(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
};

/**
 * The bytes of a file, which nobody changes. Rejects with a system error when it is not there, with UnreadableFile for pipes, devices and
 * too large files.
 * @param largest bytes
 */
export const readSmallFile = async (path: string, largest = LARGEST): Promise<Buffer> => {
  const info = await stat(path, { bigint: true });
  if (!info.isFile() && !info.isDirectory()) throw new UnreadableFile('it is no ordinary file');
  if (info.size > largest) throw new UnreadableFile(`it has ${info.size} bytes, at most ${largest} are read`);
  const version = versionOf(info);
  const found = recent.get(path);
  if (found?.version === version) return found.bytes;
  const bytes = await readWhole(path);
  recent.delete(path);
  if (bytes.length <= RECENT.bytes) recent.set(path, { version, bytes });
  for (const oldest of recent.keys()) if (recent.size > RECENT.files) recent.delete(oldest);
  return bytes;
};
