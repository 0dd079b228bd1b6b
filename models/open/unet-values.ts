// The config of a model's U-Net, read or told from its weights' dims, before anything of the model is opened.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type RawConfig, readConfig } from '../networks/config.ts';
import { openCheckpoint } from './checkpoint.ts';
import { onlyCheckpoint } from './model-parts.ts';

/**
 * The values of a U-Net's config.json; undefined where there is none, or it cannot be read: opening the model says what is wrong.
 * @param path a diffusers folder, a file, or a folder with one file
 * @param configs a diffusers folder whose configs serve a file
 */
export const unetValuesAt = async (path: string, configs?: string): Promise<RawConfig['values'] | undefined> => {
  try {
    const file = (await stat(path)).isDirectory() ? await onlyCheckpoint(path) : path;
    if (file === undefined) return (await readConfig(join(path, 'unet'))).values;
    return (await openCheckpoint(file, configs)).parts.unet?.config.values;
  } catch {
    return undefined;
  }
};
