// Says that a run uses a work folder: nothing that a living run may need is removed. A lease ends with its run, however that ends.
import { rmSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
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

let unique = 0;

/** Takes a lease on a folder, which exists. Leases of dead processes are removed on the way. */
export const takeLease = async (folder: string): Promise<Lease> => {
  const leases = join(folder, LEASES);
  const name = `${OWNER}-${unique++}`;
  const path = join(leases, name);
  await mkdir(leases, { recursive: true });
  await (await open(path, 'wx')).close();
  const forget = onExit(() => rmSync(path, { force: true }));
  const heart = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT);
  heart.unref();
  return {
    shared: async () => {
      let others = 0;
      for (const other of await readdir(leases).catch(() => [])) {
        const owner = NAME.exec(other)?.[1];
        if (owner === undefined || other === name) continue;
        const touched = (await stat(join(leases, other)).catch(() => undefined))?.mtimeMs ?? Date.now();
        if (isAbandoned(owner, touched, SILENCE)) await rm(join(leases, other), { force: true });
        else others++;
      }
      return others > 0;
    },
    release: async () => {
      clearInterval(heart);
      await rm(path, { force: true });
      forget();
    },
  };
};
