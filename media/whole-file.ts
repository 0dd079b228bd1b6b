// Files that appear under their name only when they are whole.
import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes a file beside its place, then moves it there. What stood there is replaced. */
export const writeWhole = async (path: string, bytes: Uint8Array | string): Promise<void> => {
  const partial = `${path}.${process.pid}.part`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
};
