// A clip as a folder of numbered PNGs.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import type { Encoder } from './encode.ts';
import { writePng } from './picture.ts';

/** Whether an output's name means a folder: it ends in a slash, or has no ending. */
export const isSequence = (output: string): boolean => /[/\\]$/.test(output) || extname(output) === '';

/**
 * Writes frames as `frame-000000.png` and so on into a folder, which is made when it is not there.
 * @throws UsageError for a folder that cannot be made, or that holds something unless `overwrite`
 */
export const openPictureSequence = async (folder: string, { overwrite }: { readonly overwrite: boolean }): Promise<Encoder> => {
  await mkdir(folder, { recursive: true }).catch(cause => {
    throw new UsageError(`The folder ${folder} cannot be made: give another with -o.`, { cause });
  });
  if (!overwrite && (await readdir(folder)).length > 0) {
    throw new UsageError(`The folder ${folder} is not empty: give -y to write into it, or another one with -o.`);
  }
  const written: string[] = [];
  return {
    write: async frame => {
      const file = join(folder, `frame-${String(frame.index).padStart(6, '0')}.png`);
      written.push(file);
      await writePng(file, frame);
    },
    finish: async () => undefined,
    abort: async () => {
      await Promise.all(written.map(file => rm(file, { force: true })));
    },
  };
};
