// Says that a run uses a work folder: nothing that a living run may need is removed. A lease ends with its run, however that ends.
import { rmSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onExit } from '../../config/exit-hooks.ts';
import { isAbandoned, OWNER, OWNER_PATTERN } from '../../media/owner.ts';

export type Lease = {
  /** Whether another living run holds a lease on the folder. */
  shared(): Promise<boolean>;
  release(): Promise<void>;
};

const LEASES = 'leases';
const NAME = new RegExp(`^(${OWNER_PATTERN})-\\d+$`);

/** A lease is touched this often, and counts as given up when a process of another machine has not for so long; milliseconds. */
const HEARTBEAT = 60_000;
const SILENCE = 10 * HEARTBEAT;

/** Of the folder's leases those of living runs; what dead ones left is removed on the way. */
const living = async (folder: string): Promise<string[]> => {
  const names: string[] = [];
  for (const name of await readdir(join(folder, LEASES)).catch(() => [])) {
    const owner = NAME.exec(name)?.[1];
    if (owner === undefined) continue;
    const path = join(folder, LEASES, name);
    const touched = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (isAbandoned(owner, touched, SILENCE)) await rm(path, { force: true });
    else names.push(name);
  }
  return names;
};

/** Whether a living run holds a lease on a folder. */
export const isLeased = async (folder: string): Promise<boolean> => (await living(folder)).length > 0;

/** How often a lease is tried where the folder is removed at the same moment. */
const ATTEMPTS = 3;

/** Makes an empty file, and the folders above it. */
const touch = async (path: string, attempts = ATTEMPTS): Promise<void> => {
  try {
    await mkdir(dirname(path), { recursive: true });
    await (await open(path, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempts <= 1) throw error;
    await touch(path, attempts - 1);
  }
};

let unique = 0;

/** Takes a lease on a folder. Leases of dead processes are removed on the way. */
export const takeLease = async (folder: string): Promise<Lease> => {
  const name = `${OWNER}-${unique++}`;
  const path = join(folder, LEASES, name);
  await touch(path);
  const forget = onExit(() => rmSync(path, { force: true }));
  const heart = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT);
  heart.unref();
  return {
    shared: async () => (await living(folder)).some(other => other !== name),
    release: async () => {
      clearInterval(heart);
      await rm(path, { force: true });
      forget();
    },
  };
};
