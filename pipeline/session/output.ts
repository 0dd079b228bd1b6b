// Where a result goes, and whether it may go there: asked before anything expensive is done.
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { reasonOf } from '../../media/disk-error.ts';
import { destinationOf } from '../../media/whole-file.ts';

/** Containers that a result keeps from its source; everything else becomes mp4. */
const KEPT = ['.mp4', '.m4v', '.mov', '.mkv', '.webm'];

/** Bytes that a file's name may have, on every usual file system. */
const NAME_BYTES = 255;

/** The longest beginning of a text that has at most so many bytes in UTF-8. */
const shortened = (text: string, bytes: number): string => {
  const characters = [...text];
  while (Buffer.byteLength(characters.join('')) > bytes) characters.pop();
  return characters.join('');
};

/** The ending of a clip's result: its own where that is a container to write, else .mp4. */
export const endingOf = (input: string): string => {
  const extension = extname(input);
  return KEPT.includes(extension.toLowerCase()) ? extension : '.mp4';
};

/** A file's name; a stem that makes it too long is shortened. */
export const fitName = (stem: string, ending: string): string => `${shortened(stem, NAME_BYTES - Buffer.byteLength(ending))}${ending}`;

/** `clip.mov` -> `clip.rerender.mov`, beside the source; a name that would be too long is shortened. */
export const defaultOutput = (input: string): string =>
  join(dirname(input), fitName(basename(input, extname(input)), `.rerender${endingOf(input)}`));

/** Whether a path means a folder: it ends in a slash, or is one. */
export const isFolderPath = async (path: string): Promise<boolean> =>
  path.endsWith('/') || path.endsWith(sep) || ((await stat(path).catch(() => undefined))?.isDirectory() ?? false);

/** Makes the folder of results, in a folder that is there. @throws UsageError naming it */
export const makeFolder = async (folder: string): Promise<void> => {
  await mkdir(folder).catch(async (cause: NodeJS.ErrnoException) => {
    const there = await stat(folder).catch(() => undefined);
    if (there?.isDirectory()) return;
    const why = there
      ? 'is a file'
      : cause.code === 'ENOENT'
        ? 'lies in a folder that does not exist'
        : `cannot be made (${reasonOf(cause)})`;
    throw new UsageError(`The folder ${folder} ${why}: give another with -o.`, { cause });
  });
};

const sameFile = async (a: string, b: string): Promise<boolean> => {
  const [x, y] = await Promise.all([a, b].map(path => stat(path, { bigint: true }).catch(() => undefined)));
  return x !== undefined && y !== undefined && x.dev === y.dev && x.ino === y.ino;
};

/**
 * Checks that the result may be written.
 * @param flag the option that names it
 * @throws UsageError when it is the input, exists (unless `overwrite`), is a folder, or its folder is missing or not writable
 */
export const checkOutput = async (output: string, input: string | undefined, overwrite: boolean, flag = '-o'): Promise<void> => {
  if (input !== undefined && (resolve(output) === resolve(input) || (await sameFile(output, input)))) {
    throw new UsageError(`The output ${output} is the input itself: give another name with ${flag}.`);
  }
  const existing = await stat(output).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new UsageError(`The output ${output} cannot be written (${reasonOf(cause)}): give another with ${flag}.`, { cause });
  });
  if (existing?.isDirectory()) throw new UsageError(`The output ${output} is a folder: give a file with ${flag}.`);
  if (existing && !overwrite) throw new UsageError(`The output ${output} exists: give -y to replace it, or another name with ${flag}.`);
  const folder = dirname(await destinationOf(output));
  const parent = await stat(folder).catch(() => undefined);
  if (!parent?.isDirectory())
    throw new UsageError(`The folder of the output, ${folder}, does not exist: make it, or give another with ${flag}.`);
  await access(folder, constants.W_OK).catch(cause => {
    throw new UsageError(`The folder of the output, ${folder}, is not writable: give another with ${flag}.`, { cause });
  });
};
