// A work folder holds a shelf for each clip, so that what lies there can be listed, limited and removed by clip.
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isObject } from '../../config/json.ts';
import { writeWhole } from '../../media/whole-file.ts';
import { isLeased } from '../graph/lease.ts';
import { dropFiles, excessOf, type StoredFile, storedFiles, sweepTorn } from '../graph/store.ts';
import { STEPS } from '../steps/table.ts';

/** A clip as a work folder knows it. */
export type ShelvedClip = {
  /** Of its content. */
  readonly digest: string;
  /** Where it lay when it was last used. */
  readonly path: string;
};

/** What a run or many left for one clip, or for drawings from a prompt. */
export type Shelf = {
  readonly folder: string;
  /** Absent for drawings from a prompt, and for what earlier versions left. */
  readonly clip?: ShelvedClip;
  readonly files: readonly StoredFile[];
  /** Whether a living run uses it. */
  readonly used: boolean;
};

const CLIPS = 'clips';
const PROMPTS = 'prompts';
/** Names the clip of a shelf. */
const LABEL = 'clip.json';

const NAME_DIGITS = 16; // hexadecimal, of a clip's digest

/** The folder of a clip's finished parts, or of drawings from a prompt. */
export const shelfFolder = (root: string, digest?: string): string =>
  digest === undefined ? join(root, PROMPTS) : join(root, CLIPS, digest.slice(0, NAME_DIGITS));

/** Writes which clip a shelf belongs to. A shelf without that serves as well. */
export const labelShelf = async (folder: string, { digest, path }: ShelvedClip): Promise<void> => {
  const label = JSON.stringify({ digest, path: resolve(path) });
  await writeWhole(join(folder, LABEL), `${label}\n`, { overwrite: true }).catch(() => undefined);
};

export const dropLabel = (folder: string): Promise<void> => rm(join(folder, LABEL), { force: true });

const labelOf = async (folder: string): Promise<ShelvedClip | undefined> => {
  try {
    const label: unknown = JSON.parse(await readFile(join(folder, LABEL), 'utf8'));
    if (isObject(label) && typeof label.digest === 'string' && typeof label.path === 'string') {
      return { digest: label.digest, path: label.path };
    }
  } catch {
    // none, or one that was cut short
  }
  return undefined;
};

const shelfAt = async (folder: string): Promise<Shelf> => {
  const clip = await labelOf(folder);
  return { folder, ...(clip && { clip }), files: await storedFiles(folder), used: await isLeased(folder) };
};

/** Every shelf of a work folder; the folder itself where an earlier version left something. */
export const shelvesIn = async (root: string): Promise<Shelf[]> => {
  const clips = await readdir(join(root, CLIPS)).catch(() => []);
  const folders = [root, shelfFolder(root), ...clips.map(name => join(root, CLIPS, name))];
  const shelves = await Promise.all(folders.map(shelfAt));
  return shelves.filter(({ files, clip }) => files.length > 0 || clip);
};

/** What a shelf is called: by its clip's name, or for what was drawn from a prompt. */
export const shelfName = ({ folder, clip }: Shelf): string =>
  clip ? basename(clip.path) : basename(folder) === PROMPTS ? '(drawn from prompts)' : '(from an earlier version)';

/** Steps whose results are the frames of a clip: cheap to make from key frames and windows, and large. */
const FRAMES: ReadonlySet<string> = new Set(
  Object.values(STEPS)
    .filter(({ outputs }) => Object.values(outputs).every(({ keep }) => keep === 'run'))
    .map(({ name }) => name),
);

const bytesOf = (files: readonly StoredFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Keeps a work folder within a limit. Frames of results, and what they are made from, may each take what the other leaves, and at least
 * half: a long result does not push out its own key frames. Of both the longest unused go first; what a living run uses stays.
 * @param limit bytes
 * @param scope `frames` leaves everything but frames of results as it is
 */
export const pruneShelves = async (root: string, limit: number, scope: 'all' | 'frames'): Promise<void> => {
  const shelves = await shelvesIn(root);
  for (const { folder } of shelves) await sweepTorn(folder);
  const fixed = new Set(shelves.filter(({ used }) => used).flatMap(({ files }) => files));
  const files = shelves.flatMap(shelf => shelf.files);
  const frames = files.filter(({ step }) => FRAMES.has(step));
  const others = files.filter(({ step }) => !FRAMES.has(step));
  const isFixed = (file: StoredFile): boolean => fixed.has(file);
  const share = (beside: readonly StoredFile[]): number => Math.max(limit / 2, limit - bytesOf(beside));
  await dropFiles(excessOf(frames, scope === 'frames' ? limit : share(others), isFixed));
  if (scope === 'all') await dropFiles(excessOf(others, share(frames), isFixed));
};
