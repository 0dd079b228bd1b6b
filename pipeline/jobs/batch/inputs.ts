// Which clips are meant: files, folders with their videos, patterns.
import { type Dirent, existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { MediaError } from '../../../media/errors.ts';
import { isStreamOrAddress } from '../../../media/input-file.ts';
import { filesMatching, isPattern } from './glob.ts';

/** Endings by which a file in a folder counts as a video. */
const VIDEOS = '3gp asf avi flv gif m2ts m4v mkv mov mp4 mpeg mpg mts mxf nut ogv ts vob webm wmv'.split(' ').map(ending => `.${ending}`);

/** Names of results that lie beside their clips. */
const RESULT = /\.rerender\.[^.]+$/;

export const isVideoName = (name: string): boolean => VIDEOS.includes(extname(name).toLowerCase());

/** `clip2` before `clip10`. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    info => info.isDirectory(),
    () => false,
  );

/** Whether a text is a pattern; a file of that very name is meant before. */
const isGlob = (text: string): boolean => isPattern(text) && !isStreamOrAddress(text) && !existsSync(text);

/** Whether these words may mean more than one clip: several of them, a folder, a pattern. */
export const namesSeveral = async (words: readonly string[]): Promise<boolean> =>
  words.length > 1 || (words[0] !== undefined && (isGlob(words[0]) || (await isFolder(words[0]))));

export type InputOptions = {
  /** Folders in folders, too. */
  readonly recursive: boolean;
  /** The folder of the results, which is not looked into. */
  readonly output: string | undefined;
};

/** The videos of a folder; hidden ones are left out. @param output a folder that is passed by, as a real path */
const videosIn = async (folder: string, recursive: boolean, output: string | undefined): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException): Dirent[] => {
    throw new MediaError('MEDIA_UNREADABLE', `The folder ${folder} cannot be read (${cause.code}): check its permissions.`, { cause });
  });
  const shown = entries.filter(({ name }) => !name.startsWith('.'));
  const files = shown.filter(entry => !entry.isDirectory() && isVideoName(entry.name)).map(({ name }) => join(folder, name));
  const behind = await Promise.all(files.map(isFolder)); // links to folders may have such names, too
  const found = files.filter((_, i) => !behind[i]);
  if (!recursive) return found;
  for (const entry of shown.filter(each => each.isDirectory())) {
    const inner = join(folder, entry.name);
    if ((await realpath(inner)) !== output) found.push(...(await videosIn(inner, recursive, output)));
  }
  return found;
};

/** The clips that one word stands for, in the order of their names. */
const clipsOf = async (word: string, { recursive, output }: InputOptions): Promise<string[]> => {
  if (isGlob(word)) return (await filesMatching(word)).sort(byName);
  if (!(await isFolder(word))) return [word]; // what is wrong with a file is told when it is opened
  const real = output === undefined ? undefined : await realpath(output).catch(() => undefined);
  return (await videosIn(word, recursive, real)).sort(byName);
};

const emptyText = (word: string, recursive: boolean): string => {
  if (isGlob(word)) return `no file matches ${word}`;
  return `the folder ${word} holds no video${recursive ? '' : ' (folders in it are looked into with --recursive)'}`;
};

/** One file under several names is one clip. */
const withoutTwins = async (paths: readonly string[]): Promise<string[]> => {
  const real = await Promise.all(paths.map(path => realpath(path).catch(() => path)));
  return paths.filter((_, i) => real.indexOf(real[i]!) === i);
};

/**
 * Finds the clips. Results that lie beside their clips (`clip.rerender.mp4`) are left out where other clips are there.
 * @param warn hears of words that stand for nothing, and of results that were named
 * @throws MediaError (exit code 4) where no clip is found at all
 */
export const findInputs = async (
  words: readonly string[],
  options: InputOptions & { readonly warn: (message: string) => void },
): Promise<string[]> => {
  const found: string[] = [];
  const empty: string[] = [];
  for (const word of words) {
    const clips = await clipsOf(word, options);
    if (clips.length === 0) empty.push(emptyText(word, options.recursive));
    found.push(...clips);
  }
  if (found.length === 0) throw new MediaError('NO_CLIPS', `No clip to re-render: ${empty.join('; ')}.`);
  for (const message of empty) options.warn(message);
  const clips = await withoutTwins(found);
  const sources = clips.filter(path => !RESULT.test(path));
  if (sources.length === 0 || sources.length === clips.length) return clips;
  const named = clips.filter(path => RESULT.test(path) && words.includes(path));
  if (named.length > 0) options.warn(`left out, as their names are those of results: ${named.join(', ')}`);
  return sources;
};
