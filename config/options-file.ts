// Files of options that came with a download: plain files of a bounded size, so that no pipe and no /dev/zero behind a link is waited for.
import { UsageError } from './errors.ts';
import { readSmallFile, UnreadableFile } from './read-file.ts';

/** Bytes. A file of options has a few hundred. */
const MOST_BYTES = 1 << 20;

/**
 * The bytes of a file of options; undefined where there is none.
 * @throws UsageError for what is no plain file, is too large, or cannot be read
 */
export const readOptionsFile = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readSmallFile(path, MOST_BYTES);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined;
    const advice = cause instanceof UnreadableFile ? ': remove it, or name another' : '';
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}${advice}.`, { cause });
  }
};
