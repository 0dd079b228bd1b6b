// One file that holds a model, or a part of one: what its tensors' names say is in it, and each part under diffusers' names with a config.

import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import { allInOrder } from '../../config/in-order.ts';
import { readConfig } from '../networks/config.ts';
import type { NetworkFolder } from '../networks/folder.ts';
import { autoencoderValues } from '../networks/shape-autoencoder.ts';
import { type ConfigValues, controlNetValues, secondTextValues, textValues, unetValues } from '../networks/shape-config.ts';
import { controlVariant } from '../weights/control-variants.ts';
import { below, clipNames, emaNames, type Named, namedSource, openClipNames, unetNames, vaeNames } from '../weights/ldm/rename.ts';
import { openWeights, type WeightFile } from '../weights/open-weights.ts';
import { stranger, strangerText } from './strangers.ts';

/** A file of weights is of a family that is not supported, or holds not what was asked of it. */
export class CheckpointError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('CHECKPOINT', 'failure', message, options);
  }
}

export type PartName = 'unet' | 'vae' | 'text_encoder' | 'text_encoder_2' | 'controlnet';

export type Checkpoint = {
  readonly path: string;
  readonly file: WeightFile;
  /** The parts that are in the file. */
  readonly parts: Partial<Readonly<Record<PartName, NetworkFolder>>>;
  /** Whether the U-Net's weights are the averages of training, as the file has no others. */
  readonly averaged: boolean;
};

const has = (tensors: Named, pattern: RegExp): boolean => {
  for (const name of tensors.keys()) if (pattern.test(name)) return true;
  return false;
};

const AVERAGED = 'model_ema.diffusion_model';

/** The U-Net's tensors: those in use, else the averages of training, else a bare network's. */
const unetTensors = (all: Named): { readonly tensors: Named; readonly averaged: boolean } => {
  const inUse = below(all, 'model.diffusion_model.');
  if (inUse.size > 0) return { tensors: unetNames(inUse), averaged: false };
  const averages = below(all, AVERAGED);
  if (averages.size > 0) return { tensors: emaNames(averages), averaged: true };
  const bare = has(all, /^(output_blocks|up_blocks)\./);
  return { tensors: bare ? unetNames(all) : new Map(), averaged: false };
};

const controlTensors = (all: Named): Named => {
  const prefixed = below(all, 'control_model.');
  if (prefixed.size > 0) return unetNames(prefixed);
  return has(all, /^(input_hint_block|controlnet_cond_embedding)\./) ? unetNames(all) : new Map();
};

const vaeTensors = (all: Named): Named => {
  for (const prefix of ['first_stage_model.', 'vae.', 'model.']) {
    const prefixed = below(all, prefix);
    if (has(prefixed, /^(encoder|decoder)\./)) return vaeNames(prefixed);
  }
  return has(all, /^(encoder|decoder)\.(conv_in|layers)\./) ? vaeNames(all) : new Map();
};

type Reading = { readonly tensors: Named; readonly values: (tensors: Named) => ConfigValues };

/** OpenCLIP's names tell that its activation is the exact GELU, whatever its width. */
const readText = (all: Named): Reading => {
  const first = below(all, 'conditioner.embedders.0.transformer.');
  if (first.size > 0) return { tensors: clipNames(first), values: textValues };
  const open = below(all, 'cond_stage_model.model.');
  if (has(open, /^transformer\.resblocks\./))
    return { tensors: openClipNames(open), values: tensors => ({ ...textValues(tensors), hidden_act: 'gelu' }) };
  const prefixed = below(all, 'cond_stage_model.transformer.');
  const bare = has(all, /^(text_model\.)?embeddings\.token_embedding\./);
  return { tensors: clipNames(prefixed.size > 0 || !bare ? prefixed : all), values: textValues };
};

/** SDXL's second text encoder, OpenCLIP's; in a refiner it is the first. */
const readSecondText = (all: Named): Reading => {
  const [second, first] = ['1', '0'].map(i => below(all, `conditioner.embedders.${i}.model.`)) as [Named, Named];
  return { tensors: openClipNames(second.size > 0 ? second : first, { whole: true }), values: secondTextValues };
};

/** Config files of a diffusers folder for parts that come without; the dims of the weights tell the rest. */
const configOf = async (path: string, name: PartName, { tensors, values }: Reading, configs: string | undefined) => {
  const folder = configs === undefined ? undefined : join(configs, name);
  const found = folder && (await exists(join(folder, 'config.json')));
  return found ? readConfig(folder) : { file: `${path} (${name})`, values: values(tensors) };
};

/**
 * Opens a file of weights and finds its parts; the numbers stay on disk. A file with none of them has no parts.
 * @param configs a diffusers folder whose config.json files are taken in place of what the weights' dims tell
 * @throws WeightError for a damaged file, CheckpointError for a family that is not supported
 */
export const openCheckpoint = async (path: string, configs?: string): Promise<Checkpoint> =>
  readCheckpoint(path, await openWeights(path), configs);

/** The parts of a file that is open, as `openCheckpoint`. */
export const readCheckpoint = async (path: string, file: WeightFile, configs?: string): Promise<Checkpoint> => {
  const variant = controlVariant(file.names());
  if (variant) throw new CheckpointError(`${path}: ${variant.text}`);
  const other = stranger(file.names());
  if (other) throw new CheckpointError(`${path}: ${strangerText(other)}`);
  const all: Named = new Map(file.tensors.map(info => [info.name, info]));
  const { tensors, averaged } = unetTensors(all);
  const readings: Readonly<Record<PartName, Reading>> = {
    unet: { tensors, values: unetValues },
    vae: { tensors: vaeTensors(all), values: autoencoderValues },
    text_encoder: readText(all),
    text_encoder_2: readSecondText(all),
    controlnet: { tensors: controlTensors(all), values: controlNetValues },
  };
  const found = Object.entries(readings).filter(([, reading]) => reading.tensors.size > 0) as [PartName, Reading][];
  const parts = found.map(async ([name, reading]): Promise<[PartName, NetworkFolder]> => {
    const config = await configOf(path, name, reading, configs);
    return [name, { config, weights: namedSource(path, reading.tensors), place: `${path}, ${name}` }];
  });
  return { path, file, parts: Object.fromEntries(await allInOrder(parts)), averaged };
};

/** The only part of a file that was given for it. @throws CheckpointError when the file does not hold one */
export const partOf = ({ path, parts }: Checkpoint, name: PartName, what: string): NetworkFolder => {
  const part = parts[name];
  if (part) return part;
  const found = Object.keys(parts);
  throw new CheckpointError(
    `${path}: holds no ${what}${found.length > 0 ? `, only ${found.join(', ')}` : '; its tensors have names of no known network'}`,
  );
};
