// Where a result goes, and whether it may go there: asked before anything expensive is done.
import { access, constants, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
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

/** `clip.mov` -> `clip.rerender.mov`, beside the source; a name that would be too long is shortened. */
export const defaultOutput = (input: string): string => {
  const extension = extname(input);
  const ending = `.rerender${KEPT.includes(extension.toLowerCase()) ? extension : '.mp4'}`;
  return join(dirname(input), `${shortened(basename(input, extension), NAME_BYTES - ending.length)}${ending}`);
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
