// A temporary folder that goes with the run, however that ends; what killed runs have left is removed on the way.
import { rmSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { onExit } from '../config/exit-hooks.ts';
import { reasonOf } from './disk-error.ts';
import { isAbandoned, OWNER, OWNER_PATTERN } from './owner.ts';

export type TemporaryFolder = { readonly folder: string; close(): Promise<void> };

const NAME = new RegExp(`^rerender-(${OWNER_PATTERN})-\\w{6}$`);
const DAY = 86_400_000;

const sweep = async (): Promise<void> => {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const owner = NAME.exec(name)?.[1];
    if (owner === undefined) continue;
    const about = await lstat(join(tmpdir(), name)).catch(() => undefined);
    if (about?.isDirectory() && isAbandoned(owner, about.mtimeMs, DAY)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
};

/** @throws UsageError where the system's folder for temporary files does not take one */
export const openTemporaryFolder = async (): Promise<TemporaryFolder> => {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `rerender-${OWNER}-`)).catch(cause => {
    throw new UsageError(
      `No temporary folder can be made in ${tmpdir()} (${reasonOf(cause)}): set TMPDIR to a folder that can be written.`,
      {
        cause,
      },
    );
  });
  const forget = onExit(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    close: async () => {
      await rm(folder, { recursive: true, force: true });
      forget();
    },
  };
};
