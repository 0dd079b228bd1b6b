// What a model says of itself in its headers and configs, before anything of it is opened.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../networks/config.ts';
import { type FileMarks, fileMarks } from '../weights/file-marks.ts';
import { openCheckpoint } from './checkpoint.ts';
import { onlyCheckpoint } from './model-parts.ts';

type Values = Readonly<Record<string, unknown>>;

/** Undefined is what is not there, or cannot be read: opening the model says what is wrong. */
export type ModelSigns = {
  /** Its U-Net's config.json, or what the dims of a file's weights tell. */
  readonly unet?: Values;
  /** Of a file. */
  readonly marks: FileMarks;
};

const NOTHING: ModelSigns = { marks: {} };

const MOST = 64; // models that are remembered
const READ = new Map<string, Promise<ModelSigns>>();

/** Changes whenever what is read may have changed: of a folder its U-Net's config, of a file the file. */
const stampOf = async (path: string): Promise<string> => {
  const infos = [path, join(path, 'unet', 'config.json')].map(each => stat(each).catch(() => undefined));
  return (await Promise.all(infos)).map(info => (info ? `${info.size} ${info.mtimeMs}` : '')).join(',');
};

const read = async (path: string, configs: string | undefined): Promise<ModelSigns> => {
  try {
    const file = (await stat(path)).isDirectory() ? await onlyCheckpoint(path) : path;
    if (file === undefined) return { unet: (await readConfig(join(path, 'unet'))).values, marks: {} };
    const { parts, file: weights } = await openCheckpoint(file, configs);
    return { ...(parts.unet && { unet: parts.unet.config.values }), marks: fileMarks(weights) };
  } catch {
    return NOTHING;
  }
};

/**
 * Reads headers and configs once, until they change: a session settles options for every drawing.
 * @param path a diffusers folder, a file, or a folder with one file
 * @param configs a diffusers folder whose configs serve a file
 */
export const modelSigns = async (path: string, configs?: string): Promise<ModelSigns> => {
  const stamps = await Promise.all([path, ...(configs === undefined ? [] : [configs])].map(stampOf));
  const key = JSON.stringify([path, configs, stamps]);
  const found = READ.get(key) ?? read(path, configs);
  READ.delete(key);
  READ.set(key, found);
  const [oldest] = READ.keys();
  if (READ.size > MOST && oldest !== undefined) READ.delete(oldest);
  return found;
};
