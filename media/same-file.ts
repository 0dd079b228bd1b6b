// A file that is read several times during a run has to stay the same file with the same content.
import { stat } from 'node:fs/promises';
import { MediaError } from './errors.ts';

export type FileGuard = {
  /** Rejects with a MediaError unless the file is still the one that was opened. */
  check(): Promise<void>;
  /** The items of a pass over the file, each handed on only while the file is still the same; what a changed one gave is not. */
  guarded<T>(pass: AsyncIterable<T>): AsyncGenerator<T, void, undefined>;
};

/**
 * Device, inode, size and both times in nanoseconds: another file under the name has another inode, a write changes size or time,
 * and a file that was swapped and swapped back has another change time.
 */
const identityOf = async (path: string): Promise<string | undefined> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(' '),
    () => undefined,
  );

/** Remembers what file lies at a path now. */
export const guardFile = async (path: string): Promise<FileGuard> => {
  const opened = await identityOf(path);
  const check = async (): Promise<void> => {
    const now = await identityOf(path);
    if (now === opened) return;
    const how = now === undefined ? 'was moved or deleted' : 'was changed or replaced';
    throw new MediaError(
      'MEDIA_CHANGED',
      `${path} ${how} while it was read: nothing of what was read since is kept; run again when the file stays as it is`,
    );
  };
  return {
    check,
    guarded: async function* (pass) {
      await check();
      try {
        for await (const item of pass) {
          await check();
          yield item;
        }
      } catch (error) {
        await check(); // a file that changed explains every other complaint
        throw error;
      }
      await check();
    },
  };
};
