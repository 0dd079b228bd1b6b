// A fingerprint of weights that takes milliseconds: equal weights give equal digests, wherever and whenever they were stored.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { TensorInfo } from './weight-source.ts';

const SAMPLE = 8192; // bytes from each end of a tensor

const readAt = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
};

/**
 * SHA-256, in hexadecimal, over `texts` (configs) and, for every tensor, its name, type, dims and its first and last 8 KiB:
 * all of a small tensor, both ends of a large one. Training, merging and converting change these; an edit in the middle
 * of one large tensor alone would pass unseen, which is the price of not reading gigabytes.
 */
export const modelDigest = async (texts: readonly string[], weights: readonly TensorInfo[]): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify(texts));
  const files = new Map<string, FileHandle>();
  try {
    for (const { name, dtype, dims, file, offset, length } of weights) {
      const handle = files.get(file) ?? (await open(file));
      files.set(file, handle);
      hash.update(JSON.stringify([name, dtype, dims]));
      if (length <= 2 * SAMPLE) hash.update(await readAt(handle, offset, length));
      else for (const at of [offset, offset + length - SAMPLE]) hash.update(await readAt(handle, at, SAMPLE));
    }
  } finally {
    await Promise.all([...files.values()].map(handle => handle.close()));
  }
  return hash.digest('hex');
};
