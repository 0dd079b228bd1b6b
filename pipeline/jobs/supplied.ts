// What a job asks of the pictures of the user's before the clip is looked through: they can be read, and none is written over.
import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import type { Job } from '../../config/jobs.ts';
import type { Options } from '../../config/options.ts';
import type { ClipSession } from '../session.ts';

const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

/**
 * Looks at the pictures that the options name.
 * @param folder where key frames are written; absent where none are
 * @throws UsageError where one of them lies in that folder: what was painted would be replaced by a copy of the drawn size; what finding
 * them throws
 */
export const checkSupplied = async (
  { workshop }: Pick<ClipSession, 'workshop'>,
  options: Options,
  folder: string | undefined,
  job: Job | undefined,
): Promise<void> => {
  const found = await workshop.supplied.find(options);
  if (folder === undefined) return;
  const target = await real(folder);
  for (const { path, flag } of found) {
    if ((await real(dirname(path))) !== target) continue;
    const writer = job === 'keyframes' ? 'the key frames go' : '--previews writes';
    throw new UsageError(`${flag} lies in the folder that ${writer} to, ${folder}, and would be written over: name another folder there.`);
  }
};
