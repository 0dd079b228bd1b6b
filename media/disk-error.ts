// What a file system refuses, as sentences: where, why, and what to do.
import { statfs } from 'node:fs/promises';
import { RerenderError } from '../config/errors.ts';

/** `330 kB`, `1.2 GB`. */
export const bytesText = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toPrecision(2)} ${units[power]}`;
};

/** Bytes that are free for this user where a folder lies; undefined where the system does not tell. */
export const freeBytes = async (folder: string): Promise<number | undefined> =>
  statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );

/** A disk is full. @param needed bytes, where they are known */
export const diskFull = async (folder: string, needed: number | undefined, options: ErrorOptions): Promise<RerenderError> => {
  const free = await freeBytes(folder);
  const need = needed === undefined ? '' : `: about ${bytesText(needed)} are needed`;
  const has = free === undefined ? '' : `${need === '' ? ': ' : ', '}${bytesText(free)} are free`;
  return new RerenderError(
    'DISK_FULL',
    'failure',
    `there is no room left in ${folder}${need}${has}; make room or name another folder, and run again: finished parts are kept`,
    options,
  );
};

const REASONS: Readonly<Record<string, string>> = {
  EROFS: 'its file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file of that name is in the way',
  ENOENT: 'it does not exist',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  EFBIG: 'files may not be that large there',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk reports a fault',
  ESTALE: 'the network drive is gone',
  EISDIR: 'it is a folder',
};

/** Why a file system refused, in words. */
export const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined) ?? code ?? message;
};

/** An error of a copy that ended as the disk it goes to is full, as that; every other one as it is. */
export const roomError = async (cause: unknown, folder: string): Promise<unknown> =>
  /^(ENOSPC|EDQUOT)$/.test((cause as NodeJS.ErrnoException).code ?? '') ? diskFull(folder, undefined, { cause: cause as Error }) : cause;

/**
 * The error of a failed write, as a sentence that names the folder.
 * @param needed bytes that were to be written
 */
export const writeError = async (cause: unknown, folder: string, needed?: number): Promise<unknown> => {
  if (cause instanceof RerenderError) return cause;
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(folder, needed, { cause });
  if (code === undefined || syscall === undefined) return cause; // no error of the file system
  return new RerenderError(
    'NOT_WRITABLE',
    'failure',
    `nothing can be written in ${folder} (${reasonOf(cause)}): make it writable or name another folder, and run again`,
    { cause },
  );
};
