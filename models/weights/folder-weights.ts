// Finds the weights of one network in its folder: which file of several, and files that belong together.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { allInOrder } from '../../config/in-order.ts';
import { parseJson } from '../../config/json.ts';
import { readSmallFile } from '../../config/read-file.ts';
import { show } from '../../config/show.ts';
import { openWeights, type WeightFile } from './open-weights.ts';
import { type TensorInfo, WeightError } from './weight-source.ts';

const STEMS = ['diffusion_pytorch_model', 'model', 'pytorch_model'];
const FORMATS = ['safetensors', 'bin'];

/** One way to the weights: a file, or the index of several. */
type Candidate = { readonly file: string; readonly variant: string; readonly rank: number };

// model.safetensors, model.fp16.bin, model.safetensors.index.json, model.safetensors.index.fp16.json, model.fp16.safetensors.index.json
const NAME = new RegExp(`^(${STEMS.join('|')})(?:\\.([\\w-]+?))?\\.(${FORMATS.join('|')})(?:\\.index(?:\\.([\\w-]+))?\\.json)?$`);
const SHARD = /-\d{5}-of-\d{5}/;

/** What a network's folder offers, best first: whole precision before variants (fp16 before others), safetensors before pickles. */
const candidates = (files: readonly string[]): Candidate[] =>
  files
    .filter(file => !SHARD.test(file))
    .flatMap(file => {
      const [, stem, before, format, behind] = NAME.exec(file) ?? [];
      if (stem === undefined || format === undefined) return [];
      const variant = before ?? behind ?? '';
      const rank = 100 * ['', 'fp16'].concat(variant).indexOf(variant) + 10 * FORMATS.indexOf(format) + STEMS.indexOf(stem);
      return [{ file, variant, rank }];
    })
    .toSorted((a, b) => a.rank - b.rank || a.file.localeCompare(b.file));

/** Which names of files are looked for, for messages. */
export const WEIGHT_NAMES = STEMS.map(stem => `${stem}.safetensors`).join(', ');

/** Whether a folder has weights of a network. */
export const hasWeights = (files: readonly string[]): boolean => candidates(files).length > 0;

/**
 * Opens the weights in a folder.
 * @param variant the word in the file's name, as `fp16` in `model.fp16.safetensors`; without it the plain file, else fp16, else any
 * @returns undefined when there are none; throws a WeightError naming what is there when the variant is not, or when a file is damaged
 */
export const openFolderWeights = async (folder: string, variant?: string): Promise<WeightFile | undefined> => {
  const all = candidates(await readdir(folder).catch(() => []));
  if (all.length === 0) return undefined;
  const best = variant === undefined ? all[0] : all.find(each => each.variant === variant);
  if (!best) throw new WeightError(`${folder}: no weights of variant ${variant}; there are ${all.map(({ file }) => file).join(', ')}`);
  const path = join(folder, best.file);
  return best.file.endsWith('.json') ? openShards(folder, path) : openWeights(path);
};

/** Reads `weight_map` of an index: the file of each tensor. */
const readIndex = async (index: string): Promise<[tensor: string, file: string][]> => {
  const fail = (reason: string, cause?: unknown): WeightError => new WeightError(`${index}: ${reason}`, { cause });
  const bytes = await readSmallFile(index).catch((error: Error) => {
    throw fail(`cannot be read: ${error.message}`, error);
  });
  const map = (parseJson(bytes, fail) as { weight_map?: unknown } | null)?.weight_map;
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : [];
  if (entries.length === 0) throw fail('has no weight_map');
  return entries.map(([tensor, file]) => {
    if (typeof file !== 'string' || basename(file) !== file || /^\.|[\\:]/.test(file))
      throw fail(`${tensor} is in ${show(file)}, expects the name of a file beside the index`);
    return [tensor, file];
  });
};

/** Opens every file that an index names, as one source of the tensors that it names. */
const openShards = async (folder: string, index: string): Promise<WeightFile> => {
  const entries = await readIndex(index);
  const files = [...new Set(entries.map(([, file]) => file))];
  const opened = new Map(await allInOrder(files.map(async file => [file, await openWeights(join(folder, file))] as const)));
  const byName = new Map(
    entries.map(([tensor, file]): [string, TensorInfo] => {
      const info = opened.get(file)?.find(tensor, []);
      if (!info) throw new WeightError(`${index}: says that ${tensor} is in ${file}, which does not hold it`);
      return [tensor, info];
    }),
  );
  return { label: index, find: name => byName.get(name), names: () => byName.keys(), tensors: [...byName.values()] };
};
