// Text files that came with a download: plain files of a bounded size, so that neither a pipe nor /dev/zero behind a link is waited for.
import { readFile, stat } from 'node:fs/promises';
import { UsageError } from './errors.ts';

/** Bytes. A file of options has a few hundred. */
const MOST_BYTES = 1 << 20;

/**
 * The text of a small file; undefined where there is none.
 * @throws UsageError for what is no plain file, is too large, or cannot be read
 */
export const readSmallText = async (path: string): Promise<string | undefined> => {
  try {
    const file = await stat(path);
    if (!file.isFile()) throw new UsageError(`${path} is not a plain file: remove it, or name another.`);
    if (file.size > MOST_BYTES) throw new UsageError(`${path} has ${file.size} bytes, and options take at most ${MOST_BYTES}: shorten it.`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined;
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
};
