// Opens one network's folder of a diffusers model: config.json and the weights beside it.
import { controlVariant } from '../weights/control-variants.ts';
import { openFolderWeights, WEIGHT_NAMES } from '../weights/folder-weights.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { ModelConfigError, type RawConfig, readConfig } from './config.ts';

/** A network's config and weights, as they lie on disk. `place` is what it is called in messages. */
export type NetworkFolder = { readonly config: RawConfig; readonly weights: WeightSource; readonly place: string };

/**
 * Reads config.json and the header of the weights; the weights themselves stay on disk.
 * @param variant the word in the weights' names, as `fp16` in `model.fp16.safetensors`
 * Throws a ModelConfigError when a file is absent or no JSON or the weights are no network by themselves, a WeightError for damaged ones.
 */
export const openNetworkFolder = async (folder: string, variant?: string): Promise<NetworkFolder> => {
  const config = await readConfig(folder);
  const weights = await openFolderWeights(folder, variant);
  if (!weights) throw new ModelConfigError(`${folder}: no weights here; expects one of ${WEIGHT_NAMES}, or the same as .bin`);
  const difference = controlVariant(weights.names());
  if (difference) throw new ModelConfigError(`${folder}: ${difference.text}`);
  return { config, weights, place: folder };
};
