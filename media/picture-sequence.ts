// A clip as a folder of numbered PNGs.
import { rmSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { onExit } from '../config/exit-hooks.ts';
import { reasonOf, writeError } from './disk-error.ts';
import type { Encoder } from './encode.ts';
import { pngBytes } from './picture.ts';
import { destinationOf, partName, sweepParts } from './whole-file.ts';

/** Whether an output's name means a folder: it ends in a slash, or has no ending. */
export const isSequence = (output: string): boolean => /[/\\]$/.test(output) || extname(output) === '';

/** @throws UsageError for a place that is no folder, cannot be made, or holds something unless `overwrite` */
const checkFolder = async (folder: string, place: string, overwrite: boolean): Promise<void> => {
  const there = await stat(place).catch(() => undefined);
  if (there && !there.isDirectory()) throw new UsageError(`The output ${folder} is a file: name a folder with -o.`);
  if (there && !overwrite && (await readdir(place)).length > 0) {
    throw new UsageError(`The folder ${folder} is not empty: give -y to write into it, or another one with -o.`);
  }
};

/**
 * Writes frames as `frame-000000.png` and so on. They stand in a temporary folder beside the named one until the last is written; then they
 * get their place: as the folder itself, or one by one where it holds something already.
 * @throws UsageError for a folder that cannot be made, or that holds something unless `overwrite`
 */
export const openPictureSequence = async (folder: string, { overwrite }: { readonly overwrite: boolean }): Promise<Encoder> => {
  const place = await destinationOf(folder);
  await checkFolder(folder, place, overwrite);
  const above = dirname(place);
  const part = join(above, partName());
  try {
    await mkdir(above, { recursive: true });
    await sweepParts(above);
    await mkdir(part, { mode: 0o700 });
  } catch (cause) {
    throw new UsageError(`The folder ${folder} cannot be made (${reasonOf(cause)}): give another with -o.`, { cause });
  }
  const forget = onExit(() => rmSync(part, { recursive: true, force: true }));
  const abort = async (): Promise<void> => {
    await rm(part, { recursive: true, force: true });
    forget();
  };
  const written: string[] = [];
  return {
    write: async frame => {
      const name = `frame-${String(frame.index).padStart(6, '0')}.png`;
      const bytes = await pngBytes(frame);
      try {
        await writeFile(join(part, name), bytes);
        const file = await open(join(part, name), 'r+');
        await file.sync().finally(() => file.close());
      } catch (cause) {
        throw await writeError(cause, above, bytes.length);
      }
      written.push(name);
    },
    finish: async () => {
      await checkFolder(folder, place, overwrite); // it may have appeared meanwhile
      const there = await readdir(place).catch(() => undefined);
      if (there === undefined || there.length === 0) {
        await chmod(part, 0o777 & ~process.umask());
        await rename(part, place).catch(async cause => {
          throw await writeError(cause, above);
        });
      } else {
        for (const name of written) await rename(join(part, name), join(place, name));
        await rm(part, { recursive: true, force: true });
      }
      forget();
    },
    abort,
  };
};
