// Where maps of large pictures lie between the pieces of a network: rows in memory, and beyond a limit in files that have lost their names
// as soon as they are open, so that the system removes them however the program ends.
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { RerenderError } from '../../../config/errors.ts';

/** Folder for what finds no room in so many bytes of memory. */
export type ScratchPlace = { readonly folder: string; readonly memory: number };

/** The disk does not take what a large picture needs. */
export class ScratchError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('SCRATCH', 'failure', message, options);
  }
}

/** Some rows that were written together. */
type Part = {
  readonly from: number;
  readonly end: number;
  readonly data?: Float32Array;
  readonly file?: FileHandle;
  readonly path?: string;
};

/** Rows of a map, each of as many numbers, written from the first on and read in any order. */
export type RowMap = {
  /** Adds rows, which nobody writes to any more. */
  readonly append: (rows: Float32Array) => Promise<void>;
  /** A copy of the rows `from` to `end`. */
  readonly read: (from: number, end: number) => Promise<Float32Array>;
  /** Frees what lies wholly before a row; without one, everything. */
  readonly free: (before?: number) => Promise<void>;
};

export type Scratch = {
  readonly map: (rowLength: number) => RowMap;
  /** Bytes that went to files so far. */
  readonly written: () => number;
  /** Frees all maps. */
  readonly close: () => Promise<void>;
};

const FLOAT32 = 4; // bytes
const SPARE = 1e9; // bytes that stay free on the disk

const code = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? String(cause);

const asBytes = (rows: Float32Array): Uint8Array => new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);

const INSTEAD = 'make room there, name another folder for the cache, or draw smaller (--size)';

/** Refuses a folder whose disk has no room for so many bytes, before hours of work end at it. */
export const checkRoom = async ({ folder, memory }: ScratchPlace, bytes: number): Promise<void> => {
  const outside = bytes - memory;
  if (outside <= 0) return;
  const room = await mkdir(folder, { recursive: true })
    .then(() => statfs(folder))
    .catch(cause => {
      throw new ScratchError(`maps of a large picture cannot be kept in ${folder} (${code(cause)}): ${INSTEAD}`, { cause });
    });
  const free = room.bavail * room.bsize - SPARE;
  if (free >= outside) return;
  const sizes = [outside, Math.max(0, free)].map(size => `${(size / 1e9).toFixed(1)} GB`);
  throw new ScratchError(`a large picture needs ${sizes[0]} in ${folder} for a while, which has ${sizes[1]}: ${INSTEAD}`);
};

const readAll = async (file: FileHandle, bytes: Uint8Array, place: number): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, place + at);
    if (bytesRead === 0) throw new Error('the file is shorter than what was written to it');
    at += bytesRead;
  }
};

export const openScratch = ({ folder, memory }: ScratchPlace): Scratch => {
  const maps = new Set<RowMap>();
  let held = 0; // bytes in memory
  let written = 0;

  const toFile = async (rows: Float32Array): Promise<Pick<Part, 'file' | 'path'>> => {
    const path = join(folder, `${randomUUID()}.rows`);
    let file: FileHandle | undefined;
    try {
      await mkdir(folder, { recursive: true });
      file = await open(path, 'wx+', 0o600);
      await rm(path).catch(() => undefined); // a system that keeps the names of open files removes it when it is closed
      await file.writeFile(asBytes(rows));
      written += rows.byteLength;
      return { file, path };
    } catch (cause) {
      await file?.close();
      await rm(path, { force: true }).catch(() => undefined);
      throw new ScratchError(`maps of a large picture cannot be written to ${folder} (${code(cause)}): ${INSTEAD}`, { cause });
    }
  };

  const map = (rowLength: number): RowMap => {
    let parts: Part[] = [];
    let end = 0;
    const drop = async ({ data, file, path }: Part): Promise<void> => {
      held -= data?.byteLength ?? 0;
      await file?.close();
      if (path !== undefined) await rm(path, { force: true }).catch(() => undefined);
    };
    const made: RowMap = {
      async append(rows) {
        const [from, fits] = [end, held + rows.byteLength <= memory];
        end += rows.length / rowLength;
        if (fits) held += rows.byteLength;
        const alone = rows.byteLength === rows.buffer.byteLength; // else a part of what is larger, which would stay with it
        parts.push({ from, end, ...(fits ? { data: alone ? rows : rows.slice() } : await toFile(rows)) });
      },
      async read(first, last) {
        const rows = new Float32Array((last - first) * rowLength);
        for (const part of parts.filter(part => part.from < last && part.end > first)) {
          const [from, to] = [Math.max(first, part.from), Math.min(last, part.end)];
          const place = rows.subarray((from - first) * rowLength, (to - first) * rowLength);
          const at = (from - part.from) * rowLength;
          if (part.data) place.set(part.data.subarray(at, at + place.length));
          else await readAll(part.file!, asBytes(place), FLOAT32 * at);
        }
        return rows;
      },
      async free(before = Number.POSITIVE_INFINITY) {
        const gone = parts.filter(part => part.end <= before);
        parts = parts.filter(part => part.end > before);
        await Promise.all(gone.map(drop));
      },
    };
    maps.add(made);
    return made;
  };

  return {
    map,
    written: () => written,
    close: async () => void (await Promise.all([...maps].map(each => each.free()))),
  };
};
