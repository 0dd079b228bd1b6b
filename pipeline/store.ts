// Finished parts on disk, addressed by what they were made from: resume, incremental runs and previews in one mechanism.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes under a key. Same key, same bytes. */
export type ArtifactStore = {
  has(key: string): Promise<boolean>;
  /** The bytes, or undefined when there are none or they are damaged (then they are made again). */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
};

const DIGEST_BYTES = 32; // SHA-256 at the head of each file

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** The key of what a stage makes from these ingredients; property order does not matter. */
export const artifactKey = (stage: string, version: number, ingredients: Readonly<Record<string, unknown>>): string =>
  `${stage}-${createHash('sha256').update(canonical({ stage, version, ingredients })).digest('hex').slice(0, 40)}`;

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`)
    .join(',')}}`;
};

/** A store in a folder, made when first written. Files appear under their key only when whole, and are checked when read. */
export const diskStore = (folder: string): ArtifactStore => {
  const path = (key: string) => join(folder, key.slice(0, key.indexOf('-')), key);
  let unique = 0;
  return {
    has: key =>
      stat(path(key)).then(
        () => true,
        () => false,
      ),
    get: async key => {
      const file = await readFile(path(key)).catch(() => undefined);
      if (!file || file.length < DIGEST_BYTES) return undefined;
      const bytes = file.subarray(DIGEST_BYTES);
      if (!digest(bytes).equals(file.subarray(0, DIGEST_BYTES))) return undefined;
      const now = new Date();
      await utimes(path(key), now, now).catch(() => undefined); // prune() drops the longest unused first
      return bytes;
    },
    put: async (key, bytes) => {
      const target = path(key);
      const partial = `${target}.${process.pid}.${unique++}.part`;
      await mkdir(join(target, '..'), { recursive: true });
      try {
        await writeFile(partial, Buffer.concat([digest(bytes), bytes]));
        await rename(partial, target);
      } finally {
        await rm(partial, { force: true });
      }
    },
    remove: key => rm(path(key), { force: true }),
  };
};

/** Removes the longest unused files until the folder holds at most `limit` bytes; also what a killed run left half written. */
export const pruneStore = async (folder: string, limit: number): Promise<void> => {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = (
    await Promise.all(names.map(async name => ({ name, info: await stat(join(folder, name)).catch(() => undefined) })))
  ).filter(f => f.info?.isFile());
  const dayAgo = Date.now() - 86_400_000;
  const stale = files.filter(f => f.name.endsWith('.part') && f.info!.mtimeMs < dayAgo);
  const kept = files.filter(f => !f.name.endsWith('.part')).sort((a, b) => b.info!.mtimeMs - a.info!.mtimeMs);
  let total = 0;
  const excess = kept.filter(f => (total += f.info!.size) > limit);
  await Promise.all([...stale, ...excess].map(f => rm(join(folder, f.name), { force: true })));
};
