// One reader under test.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from './random.ts';

/** Makes one damaged input and has it read. Rejects with whatever the reader throws. */
export type Try = (random: Random) => Promise<unknown>;

export type Target = {
  readonly name: string;
  /** Inputs in `npm test`; long runs repeat them in the same proportions. */
  readonly inputs: number;
  /** Writes what every input shares into an empty folder. */
  readonly prepare: (folder: string) => Promise<Try> | Try;
};

export const write = (file: string, bytes: string | Uint8Array): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
};

/** Runs `open` while a file of the folder has other bytes. */
export const withBytes = async <T>(file: string, bytes: Uint8Array, open: () => Promise<T> | T): Promise<T> => {
  const before = readFileSync(file);
  writeFileSync(file, bytes);
  try {
    return await open();
  } finally {
    writeFileSync(file, before);
  }
};
