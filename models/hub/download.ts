// Downloads a file of a repository into the cache: goes on where an interrupted download stopped, and checks the result.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HubError } from './repository.ts';

/** A file of a repository as the hub lists it. */
export type RemoteFile = {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of a large file, or git's SHA-1 of a small one, in hexadecimal. */
  readonly oid: string;
};

/** Opens a file's bytes from `start` on. */
export type OpenAt = (file: RemoteFile, start: number) => Promise<ReadableStream<Uint8Array>>;

const TRIES = 5;

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    s => s.size,
    () => 0,
  );

/** Whether bytes on disk are those that the hub knows by `oid`. Git hashes a header before the contents. */
const isIntact = async (path: string, { oid, size }: RemoteFile): Promise<boolean> => {
  const hash = oid.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === oid;
};

/**
 * Fetches a file to `target`, which appears only when it is whole and its hash is right. Until then the bytes lie in `target.incomplete`.
 * Broken connections are taken up again, a few times with growing pauses.
 * @param onBytes told of every piece that arrived
 * @throws HubError when the network fails for good or the bytes are wrong; the signal's reason on abort
 */
export const downloadTo = async (
  target: string,
  file: RemoteFile,
  open: OpenAt,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (count: number) => void },
): Promise<void> => {
  const incomplete = `${target}.incomplete`;
  await mkdir(dirname(target), { recursive: true });
  if ((await sizeOf(incomplete)) > file.size) await rm(incomplete);
  onBytes(await sizeOf(incomplete));
  for (let attempt = 1; ; attempt++) {
    const start = await sizeOf(incomplete);
    try {
      if (file.size === 0) await writeFile(incomplete, '');
      if (start < file.size) {
        const body = await open(file, start);
        const counted = async function* (source: AsyncIterable<Uint8Array>) {
          for await (const chunk of source) {
            onBytes(chunk.length);
            yield chunk;
          }
        };
        await pipeline(
          Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
          counted,
          createWriteStream(incomplete, { flags: 'a' }),
          {
            signal,
          },
        );
      }
      if ((await sizeOf(incomplete)) >= file.size) break;
      throw new Error('the connection was closed early');
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HubError) throw error;
      if (attempt === TRIES) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new HubError(`${file.path} could not be downloaded (${reason}); the same command goes on where it stopped`, { cause: error });
      }
      await sleep(2 ** attempt * 100, undefined, { signal });
    }
  }
  if (!(await isIntact(incomplete, file))) {
    await rm(incomplete);
    throw new HubError(`${file.path} arrived damaged (its hash is wrong) and was thrown away: try again`);
  }
  await rename(incomplete, target);
};
