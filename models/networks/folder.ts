// Opens one network's folder of a diffusers model: config.json and the weights beside it.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '../weights/safetensors.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { ModelConfigError, type RawConfig, readConfig } from './config.ts';

const WEIGHT_FILES = ['diffusion_pytorch_model', 'model'].flatMap(name => [`${name}.safetensors`, `${name}.fp16.safetensors`]);

/** A network's config and weights, as they lie on disk. */
export type NetworkFolder = { readonly config: RawConfig; readonly weights: WeightSource };

/**
 * Reads config.json and the header of the weights; the weights themselves stay on disk.
 * Throws a ModelConfigError when a file is absent or no JSON, a WeightError when the weights file is damaged.
 */
export const openNetworkFolder = async (folder: string): Promise<NetworkFolder> => {
  const config = await readConfig(folder);
  for (const name of WEIGHT_FILES) {
    const file = join(folder, name);
    if (await exists(file)) return { config, weights: await openSafetensors(file) };
  }
  throw new ModelConfigError(`${folder}: no weights here; expects one of ${WEIGHT_FILES.join(', ')}`);
};

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
