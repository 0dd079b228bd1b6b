// Reads files that hold text and not pictures or weights: whole, but never more than such files have.
import { open, stat } from 'node:fs/promises';

const LARGEST = 100_000_000; // bytes; the largest tokenizers have 35 MB

/** A file is no ordinary file, or larger than any file of text that is read here. */
export class UnreadableFile extends Error {}

/**
 * The bytes of a file. Rejects with a system error when it is not there, with UnreadableFile for pipes, devices and too large files.
 * @param largest bytes
 */
export const readSmallFile = async (path: string, largest = LARGEST): Promise<Buffer> => {
  const info = await stat(path);
  if (!info.isFile() && !info.isDirectory()) throw new UnreadableFile('it is no ordinary file');
  if (info.size > largest) throw new UnreadableFile(`it has ${info.size} bytes, at most ${largest} are read`);
  const file = await open(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
};
